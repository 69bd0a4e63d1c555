# SPDX-License-Identifier: MIT
"""The members hook and the send hook of one site, called over kept-alive connections."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gs.profile.status.hooks import KEY_HEADER, SEND_URI, SendForm, write_key
from gs.profile.status.send.run.model import Attempt, Claim, MemberId, Run
from gs.profile.status.send.siteurl import SiteUrl
from gs.profile.status.send.text import Token

from .hookpost import Manner, Post
from .loop import End, Loop
from .site import Found, retrieve

if TYPE_CHECKING:
    import pycurl


class HttpSite:
    """Fulfils :class:`~gs.profile.status.send.run.ports.Site` over HTTP.

    Calls of the send hook name the period of the *run*, and have a key that is made of it where
    the site honours keys; without a run they have neither.
    """

    def __init__(
        self,
        site: SiteUrl,
        token: Token,
        manner: Manner,
        loop: Loop,
        run: Run | None = None,
    ) -> None:
        self._found = Found(site)
        self._token = token
        self._manner = manner
        self._run = run
        self._form = SendForm(token.reveal(), run.period if run else None)
        self._loop = loop
        self._idle: list[Post] = []
        self._calls: dict[pycurl.Curl, tuple[Claim, Post]] = {}

    @property
    def key_lifetime(self) -> int:
        """For how many seconds the site remembers a key, 0 where it does not honour them."""
        return self._found.key_lifetime

    def members(self) -> Iterator[MemberId]:
        """Yield the members, while the list is still arriving.

        The send hook is called at the place that this finds.
        """
        self._found = yield from retrieve(self._found.site, self._token, self._manner, self._loop)
        self._idle.clear()  # they call the place from before

    def begin(self, claim: Claim) -> None:
        """Begin to call the send hook for *claim*, and return at once."""
        post = self._idle.pop() if self._idle else self._new_post()
        post.fill(self._form.of(claim.member), self._key(claim))
        self._calls[post.handle] = (claim, post)
        self._loop.begin(post.handle)

    def attempts(self, timeout: float) -> list[Attempt]:
        """Wait for calls to end and return those that did, after *timeout* seconds at most."""
        return [self._attempt(end) for end in self._loop.wait(timeout)]

    def close(self) -> None:
        """Give up what is in flight, and close the connections."""
        for handle in self._calls:
            self._loop.forget(handle)
        self._loop.close()

    def _attempt(self, end: End) -> Attempt:
        claim, post = self._calls.pop(end.handle)
        self._loop.forget(end.handle)
        self._idle.append(post)
        answer = post.fault(end.error, end.text) if end.error else post.answer()
        return Attempt(claim, answer, post.seconds)

    def _new_post(self) -> Post:
        post = Post(self._found.site.hook(SEND_URI), self._manner)
        post.hold(shared=self._found.shared)
        return post

    def _key(self, claim: Claim) -> str | None:
        if not self._run or not self._found.key_lifetime:
            return None
        return f"{KEY_HEADER}: {write_key(self._run.key, claim.member)}"

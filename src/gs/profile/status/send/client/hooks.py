# SPDX-License-Identifier: MIT
"""The members hook and the send hook of one site, called over kept-alive connections."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gs.profile.status.hooks import SEND_URI, send_form
from gs.profile.status.send.model import Attempt, Claim, MemberId
from gs.profile.status.send.siteurl import SiteUrl
from gs.profile.status.send.token import Token

from .loop import Alarm, End, Loop
from .members import retrieve
from .post import Manner, Post

if TYPE_CHECKING:
    import pycurl


class HttpSite:
    """Fulfils :class:`~gs.profile.status.send.ports.Site` over HTTP; *clock* is monotonic."""

    def __init__(
        self,
        site: SiteUrl,
        token: Token,
        manner: Manner,
        clock: Callable[[], float],
        alarm: Alarm | None = None,
    ) -> None:
        self._site = site
        self._token = token
        self._manner = manner
        self._loop = Loop(alarm, clock)
        self._idle: list[Post] = []
        self._calls: dict[pycurl.Curl, tuple[Claim, Post]] = {}

    def members(self) -> Iterator[MemberId]:
        """Yield the members, while the list is still arriving.

        The send hook is called at the place that this finds.
        """
        self._site = yield from retrieve(self._site, self._token, self._manner, self._loop)

    def begin(self, claim: Claim) -> None:
        """Begin to call the send hook for *claim*, and return at once."""
        post = self._idle.pop() if self._idle else Post(self._manner)
        form = send_form(claim.member, self._token.reveal())
        post.prepare(self._site.hook(SEND_URI), form)
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
        return Attempt(claim, post.fault(end.error, end.text) if end.error else post.answer())

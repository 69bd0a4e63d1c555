# SPDX-License-Identifier: MIT
"""The members hook and the send hook of one site, over HTTP."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final

import pycurl

from gs.profile.status.hooks import (
    KEY_HEADER,
    LIFETIME_HEADER,
    MEMBERS_URI,
    SEND_URI,
    SendForm,
    members_form,
    read_lifetime,
    write_key,
)
from gs.profile.status.send import errors
from gs.profile.status.send.errors import BusyError, NotOk, ProtocolError
from gs.profile.status.send.run.model import BUSY, Attempt, Claim, MemberId, Run
from gs.profile.status.send.siteurl import SiteUrl
from gs.profile.status.send.text import Token, printable

from .hookpost import ClientOptions, HookPost
from .loop import Completed, TransferLoop
from .memberlist import MemberListParser

_NO_TRUST: Final = (pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_ISSUER_ERROR)
_NO_HTTP: Final = (pycurl.E_UNSUPPORTED_PROTOCOL, 8, pycurl.E_BAD_CONTENT_ENCODING)


def members_hook_error(end: Completed, text: str, site: SiteUrl) -> errors.SendProfileError:
    """Return the error for a members hook that could not be called, *text* being why."""
    if end.error == pycurl.E_COULDNT_RESOLVE_HOST:
        return errors.HostNotFoundError(
            f"There is no host called {site.host}.\n"
            "Check the URL; if it is right, this machine's name service may be out of order."
        )
    if end.error == pycurl.E_SSL_CACERT_BADFILE:
        return errors.UsageError(f"No authorities can be read from the file given: {text}")
    if end.error in _NO_TRUST:
        return errors.UntrustedCertificateError(
            f"The certificate of {site.authority} cannot be trusted: {text}.\n"
            "Renew it; or name the file of a private authority with --cacert."
        )
    if end.error in _NO_HTTP:
        return errors.ProtocolError(
            f"What answers at {site} does not speak HTTP: {text}.\nCheck the URL and its port."
        )
    return errors.UnreachableError(
        f"The site at {site} cannot be reached: {text}.\nNobody was sent to; try again later."
    )


_OK: Final = 200
_REDIRECTS_AT_MOST: Final = 5

# Characters of an address that an error repeats.
_SHOWN: Final = 200

# Bytes of a page that came in the place of the list: no more is waited for.
_LONGEST_PAGE: Final = 1 << 20

# Seconds. It bounds nothing: the loop comes back when there is something to do.
_A_WHILE: Final = 60.0


@dataclass(frozen=True, slots=True)
class SiteProperties:
    """What the list tells of the *site*, which its redirects led to.

    *key_lifetime* is for how many seconds it remembers a key, 0 where it does not say; *shared*
    is whether calls in flight share a connection.
    """

    site: SiteUrl
    key_lifetime: int = 0
    shared: bool = False


def retrieve_members(
    site: SiteUrl, token: Token, manner: ClientOptions, loop: TransferLoop
) -> Generator[MemberId, None, SiteProperties]:
    """Yield the members while their list arrives, and return what it tells of the site."""
    for _ in range(_REDIRECTS_AT_MOST + 1):
        retrieval = _Retrieval(site, token, manner, loop)
        yield from retrieval.members()
        moved = retrieval.moved()
        if moved is None:
            return SiteProperties(site, retrieval.key_lifetime, retrieval.shared)
        site = moved
    raise ProtocolError(f"The site redirects again and again, at last to {site}.")


class _Retrieval:
    def __init__(
        self, site: SiteUrl, token: Token, manner: ClientOptions, loop: TransferLoop
    ) -> None:
        self._site = site
        self._token = token
        self._loop = loop
        self._listing = MemberListParser(token)
        self._chunks: list[bytes] = []
        self._unread = 0
        self._post = HookPost(site.hook(MEMBERS_URI), manner)
        self._post.hand_on(self._chunks.append, self._read_header)
        self._post.fill(members_form(token.reveal()))
        self._location: str | None = None
        #: For how many seconds the site remembers a key, 0 where it does not say.
        self.key_lifetime = 0

    @property
    def shared(self) -> bool:
        """Whether calls in flight share a connection."""
        return self._post.is_http2

    def members(self) -> Iterator[MemberId]:
        """Yield the members; none where the answer is a redirect."""
        ends: list[Completed] = []
        self._loop.begin(self._post.handle)
        try:
            while not ends:
                ends = self._loop.wait(_A_WHILE)
                yield from self._arrived()
        finally:
            # In the middle of an answer this closes the connection: the rest is not waited for.
            self._loop.forget(self._post.handle)
        self._finish(ends[0])

    def moved(self) -> SiteUrl | None:
        """Return the site that the answer redirected to, ``None`` where it did not."""
        if self._location is None:
            return None
        # Without its query, where sites put what they were sent.
        place = printable(self._token.cut(self._location.partition("?")[0]))[:_SHOWN]
        redirects = f"The site at {self._site} redirects to {place},\n"
        try:
            moved = self._site.moved(MEMBERS_URI, self._location)
        except ValueError as error:
            advice = "which is not a URL. Correct the redirect in the configuration of the site."
            raise ProtocolError(redirects + advice) from error
        if moved is None:
            raise ProtocolError(
                f"{redirects}where the token is not sent. If that is the site, call it by that"
                " address."
            )
        return moved

    def _arrived(self) -> list[MemberId]:
        chunk = b"".join(self._chunks)
        self._chunks.clear()
        if self._post.http_status == _OK:
            return self._listing.feed(chunk)
        self._unread += len(chunk)
        if self._unread > _LONGEST_PAGE:
            raise self._not_ok()
        return []

    def _finish(self, end: Completed) -> None:
        if end.error:
            # libcurl quotes what it was answered, which may be what it was sent.
            text = self._token.cut(self._post.fault(end.error, end.text).text)
            raise members_hook_error(end, printable(text)[:_SHOWN], self._site)
        self._location = self._post.redirect
        if self._location is not None:
            return
        if self._post.http_status != _OK:
            raise self._not_ok()
        self._listing.close()

    def _not_ok(self) -> NotOk:
        answer = self._post.answer()
        said = f"{answer.phrase} ({answer.http_status} <{self._site.authority}>)"
        if answer.http_status in BUSY:
            return BusyError(said, answer.retry_after)
        return NotOk(said)

    def _read_header(self, line: bytes) -> None:
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == LIFETIME_HEADER.lower():
            self.key_lifetime = read_lifetime(value)


class HttpSite:
    """Fulfils :class:`~gs.profile.status.send.run.ports.Site` over HTTP.

    Calls of the send hook name the period of the *run*, and have a key that is made of it where
    the site honours keys; without a run they have neither.
    """

    def __init__(
        self,
        site: SiteUrl,
        token: Token,
        manner: ClientOptions,
        loop: TransferLoop,
        run: Run | None = None,
    ) -> None:
        self._found = SiteProperties(site)
        self._token = token
        self._manner = manner
        self._run = run
        self._form = SendForm(token.reveal(), run.period if run else None)
        self._loop = loop
        self._idle: list[HookPost] = []
        self._calls: dict[pycurl.Curl, tuple[Claim, HookPost]] = {}

    @property
    def key_lifetime(self) -> int:
        """For how many seconds the site remembers a key, 0 where it does not honour them."""
        return self._found.key_lifetime

    def members(self) -> Iterator[MemberId]:
        """Yield the members, while the list is still arriving.

        The send hook is called at the place that this finds.
        """
        self._found = yield from retrieve_members(
            self._found.site, self._token, self._manner, self._loop
        )
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

    def _attempt(self, end: Completed) -> Attempt:
        claim, post = self._calls.pop(end.handle)
        self._loop.forget(end.handle)
        self._idle.append(post)
        answer = post.fault(end.error, end.text) if end.error else post.answer()
        return Attempt(claim, answer, post.seconds)

    def _new_post(self) -> HookPost:
        post = HookPost(self._found.site.hook(SEND_URI), self._manner)
        post.hold(shared=self._found.shared)
        return post

    def _key(self, claim: Claim) -> str | None:
        if not self._run or not self._found.key_lifetime:
            return None
        return f"{KEY_HEADER}: {write_key(self._run.key, claim.member)}"

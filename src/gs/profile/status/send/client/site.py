# SPDX-License-Identifier: MIT
"""One retrieval of the list of members, redirects and all."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final

from gs.profile.status.hooks import LIFETIME_HEADER, MEMBERS_URI, members_form, read_lifetime
from gs.profile.status.send.errors import BusyError, NotOk, ProtocolError
from gs.profile.status.send.printable import printable
from gs.profile.status.send.run.model import BUSY, MemberId
from gs.profile.status.send.siteurl import SiteUrl
from gs.profile.status.send.text import Token

from .faults import error_of
from .hookpost import Manner, Post
from .loop import End, Loop
from .memberlist import Listing

_OK: Final = 200
_REDIRECTS_AT_MOST: Final = 5

# Characters of an address that an error repeats.
_SHOWN: Final = 200

# Bytes of a page that came in the place of the list: no more is waited for.
_LONGEST_PAGE: Final = 1 << 20

# Seconds. It bounds nothing: the loop comes back when there is something to do.
_A_WHILE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Found:
    """What the list tells of the *site*, which its redirects led to.

    *key_lifetime* is for how many seconds it remembers a key, 0 where it does not say; *shared*
    is whether calls in flight share a connection.
    """

    site: SiteUrl
    key_lifetime: int = 0
    shared: bool = False


def retrieve(
    site: SiteUrl, token: Token, manner: Manner, loop: Loop
) -> Generator[MemberId, None, Found]:
    """Yield the members while their list arrives, and return what it tells of the site."""
    for _ in range(_REDIRECTS_AT_MOST + 1):
        retrieval = _Retrieval(site, token, manner, loop)
        yield from retrieval.members()
        moved = retrieval.moved()
        if moved is None:
            return Found(site, retrieval.key_lifetime, retrieval.shared)
        site = moved
    raise ProtocolError(f"The site redirects again and again, at last to {site}.")


class _Retrieval:
    def __init__(self, site: SiteUrl, token: Token, manner: Manner, loop: Loop) -> None:
        self._site = site
        self._token = token
        self._loop = loop
        self._listing = Listing(token)
        self._chunks: list[bytes] = []
        self._unread = 0
        self._post = Post(site.hook(MEMBERS_URI), manner)
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
        ends: list[End] = []
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

    def _finish(self, end: End) -> None:
        if end.error:
            # libcurl quotes what it was answered, which may be what it was sent.
            text = self._token.cut(self._post.fault(end.error, end.text).text)
            raise error_of(end, printable(text)[:_SHOWN], self._site)
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

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

from .libcurl import ClientOptions, Completed, HookPost, TransferLoop
from .memberlist import MemberListParser

_CERTIFICATE_ERRORS: Final = (pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_ISSUER_ERROR)
# 8 is CURLE_WEIRD_SERVER_REPLY, which pycurl has no name for.
_NOT_HTTP: Final = (pycurl.E_UNSUPPORTED_PROTOCOL, 8, pycurl.E_BAD_CONTENT_ENCODING)

_OK: Final = 200
_REDIRECTS_AT_MOST: Final = 5

# Characters of an address that an error quotes.
_SHOWN: Final = 200

# Bytes of a page that came instead of the list. The rest is not read.
_LONGEST_PAGE: Final = 1 << 20

# Seconds. The loop returns earlier when a transfer ends or data arrives.
_WAIT: Final = 60.0


@dataclass(frozen=True, slots=True)
class SiteProperties:
    """What the answer of the members hook says about the *site*, perhaps after redirects.

    *key_lifetime* is for how many seconds the site remembers a key, 0 if it does not say. *shared*
    is whether calls in flight share a connection.
    """

    site: SiteUrl
    key_lifetime: int = 0
    shared: bool = False


class HttpSite:
    """A :class:`~gs.profile.status.send.run.ports.Site` over HTTP.

    A call of the send hook names the period of the *run*. It has a key, made from the run and the
    member, if the site honours keys. Without a run it has neither.
    """

    def __init__(
        self,
        site: SiteUrl,
        token: Token,
        options: ClientOptions,
        loop: TransferLoop,
        run: Run | None = None,
    ) -> None:
        self._properties = SiteProperties(site)
        self._token = token
        self._options = options
        self._run = run
        self._form = SendForm(token.reveal(), run.period if run else None)
        self._loop = loop
        self._idle: list[HookPost] = []
        self._calls: dict[pycurl.Curl, tuple[Claim, HookPost]] = {}

    @property
    def key_lifetime(self) -> int:
        """For how many seconds the site remembers a key, 0 if it does not honour keys."""
        return self._properties.key_lifetime

    def members(self) -> Iterator[MemberId]:
        """Yield the members while the list arrives.

        If the site redirects, the calls of the send hook go to the address that it names.
        """
        self._properties = yield from retrieve_members(
            self._properties.site, self._token, self._options, self._loop
        )
        self._idle.clear()  # they have the earlier URL

    def begin(self, claim: Claim) -> None:
        """Begin a call of the send hook for *claim*, and return at once."""
        if self._idle:
            post = self._idle.pop()
        else:
            post = HookPost(self._properties.site.hook(SEND_URI), self._options)
            post.collect(shared=self._properties.shared)
        key = None
        if self._run and self._properties.key_lifetime:
            key = f"{KEY_HEADER}: {write_key(self._run.key, claim.member)}"
        post.prepare(self._form.of(claim.member), key)
        self._calls[post.handle] = (claim, post)
        self._loop.begin(post.handle)

    def attempts(self, timeout: float) -> list[Attempt]:
        """Return the calls that ended, after waiting for one for at most *timeout* seconds."""
        return [self._attempt(completed) for completed in self._loop.wait(timeout)]

    def close(self) -> None:
        """Abandon the calls in flight, and close the connections."""
        for handle in self._calls:
            self._loop.remove(handle)
        self._loop.close()

    def _attempt(self, completed: Completed) -> Attempt:
        claim, post = self._calls.pop(completed.handle)
        self._loop.remove(completed.handle)
        self._idle.append(post)
        error, text = completed.error, completed.text
        result = post.no_answer(error, text) if error else post.answer()
        return Attempt(claim, result, post.seconds)


def retrieve_members(
    site: SiteUrl, token: Token, options: ClientOptions, loop: TransferLoop
) -> Generator[MemberId, None, SiteProperties]:
    """Yield the members while their list arrives, and return the properties of the site."""
    for _ in range(_REDIRECTS_AT_MOST + 1):
        retrieval = _Retrieval(site, token, options, loop)
        yield from retrieval.members()
        moved = retrieval.moved()
        if moved is None:
            return SiteProperties(site, retrieval.key_lifetime, retrieval.shared)
        site = moved
    raise ProtocolError(
        f"The site redirects more than {_REDIRECTS_AT_MOST} times, the last time to {site}.\n"
        "Correct the redirects in the configuration of the site."
    )


class _Retrieval:
    def __init__(
        self, site: SiteUrl, token: Token, options: ClientOptions, loop: TransferLoop
    ) -> None:
        self._site = site
        self._token = token
        self._loop = loop
        self._parser = MemberListParser(token)
        self._chunks: list[bytes] = []
        self._skipped = 0
        self._post = HookPost(site.hook(MEMBERS_URI), options)
        self._post.stream(self._chunks.append, self._read_header)
        self._post.prepare(members_form(token.reveal()))
        self._location: str | None = None
        #: For how many seconds the site remembers a key, 0 if it does not say.
        self.key_lifetime = 0

    @property
    def shared(self) -> bool:
        """Whether calls in flight share a connection."""
        return self._post.is_http2

    def members(self) -> Iterator[MemberId]:
        """Yield the members; none if the answer is a redirect."""
        completed: list[Completed] = []
        self._loop.begin(self._post.handle)
        try:
            while not completed:
                completed = self._loop.wait(_WAIT)
                yield from self._arrived()
        finally:
            # In the middle of an answer this closes the connection: the rest is not read.
            self._loop.remove(self._post.handle)
        self._finish(completed[0])

    def moved(self) -> SiteUrl | None:
        """Return the site that the answer redirects to, ``None`` if it does not redirect."""
        if self._location is None:
            return None
        # Without the query: some sites repeat the form there.
        place = printable(self._token.redact(self._location.partition("?")[0]))[:_SHOWN]
        redirects = f"The site at {self._site} redirects to {place}"
        try:
            moved = self._site.moved(MEMBERS_URI, self._location)
        except ValueError as error:
            raise ProtocolError(
                f"{redirects}, which is not a URL.\n"
                "Correct the redirect in the configuration of the site."
            ) from error
        if moved is None:
            raise ProtocolError(
                f"{redirects}. The token is not sent to another site.\n"
                "If that is the address of the site, run the command with it."
            )
        return moved

    def _arrived(self) -> list[MemberId]:
        chunk = b"".join(self._chunks)
        self._chunks.clear()
        if self._post.http_status == _OK:
            return self._parser.feed(chunk)
        self._skipped += len(chunk)
        if self._skipped > _LONGEST_PAGE:
            raise self._not_ok()
        return []

    def _finish(self, completed: Completed) -> None:
        if completed.error:
            # libcurl quotes the answer, in which the site may quote the request.
            text = self._token.redact(self._post.no_answer(completed.error, completed.text).text)
            raise members_hook_error(completed, printable(text)[:_SHOWN], self._site)
        self._location = self._post.redirect
        if self._location is not None:
            return
        if self._post.http_status != _OK:
            raise self._not_ok()
        self._parser.close()

    def _not_ok(self) -> NotOk:
        answer = self._post.answer()
        status = f"{answer.phrase} ({answer.http_status} <{self._site.authority}>)"
        if answer.http_status in BUSY:
            return BusyError(status, answer.retry_after)
        return NotOk(status)

    def _read_header(self, line: bytes) -> None:
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == LIFETIME_HEADER.lower():
            self.key_lifetime = read_lifetime(value)


def members_hook_error(completed: Completed, text: str, site: SiteUrl) -> errors.SendProfileError:
    """Return the error for a members hook that could not be called; *text* says why."""
    if completed.error == pycurl.E_COULDNT_RESOLVE_HOST:
        return errors.HostNotFoundError(
            f"The name of the host was not found: {site.host}.\n"
            "Check the URL. If it is correct, check the name service of this machine."
        )
    if completed.error == pycurl.E_SSL_CACERT_BADFILE:
        return errors.UsageError(
            f"Cannot read certificate authorities from the file of --cacert: {text}"
        )
    if completed.error in _CERTIFICATE_ERRORS:
        return errors.UntrustedCertificateError(
            f"The certificate of {site.authority} is not valid: {text}.\n"
            "Renew it. If a private authority issued it, name its file with --cacert."
        )
    if completed.error in _NOT_HTTP:
        return errors.ProtocolError(
            f"The server at {site} does not answer as an HTTP server: {text}.\n"
            "Check the URL and its port."
        )
    return errors.UnreachableError(
        f"Cannot reach the site at {site}: {text}.\nNothing was sent. Try again later."
    )

# SPDX-License-Identifier: MIT
"""One POST to a hook, which libcurl cannot send twice, and whether it left this machine."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import pycurl

from gs.profile.status.send.run.model import BUSY, Answer, NoAnswer

# Where systems keep their bundle, for a Python that was built elsewhere and does not know.
_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


@dataclass(frozen=True, slots=True)
class CertificateAuthorities:
    """A file, a folder or both, of authorities in PEM."""

    file: str | None
    folder: str | None

    @classmethod
    def in_(cls, file: Path) -> "CertificateAuthorities":
        """Return the trust in the authorities of *file*, and in no others."""
        return cls(str(file), None)

    @classmethod
    def in_system(cls) -> "CertificateAuthorities":
        """Return the trust in ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``, else in the system's own.

        libcurl comes with an OpenSSL of its own, which knows nothing of the system's.
        """
        import ssl  # noqa: PLC0415 - it is large, and --cacert does without

        paths = ssl.get_default_verify_paths()
        if paths.cafile or paths.capath:
            return cls(paths.cafile, paths.capath)
        return cls(next((path for path in _BUNDLES if Path(path).is_file()), None), None)

    def options(self) -> Iterator[tuple[int, object]]:
        """Yield the options of libcurl that verify a server, or a proxy, by these."""
        yield pycurl.SSL_VERIFYPEER, 1
        yield pycurl.SSL_VERIFYHOST, 2
        if self.file:
            yield pycurl.CAINFO, self.file
            yield pycurl.PROXY_CAINFO, self.file
        if self.folder:
            yield pycurl.CAPATH, self.folder
            yield pycurl.PROXY_CAPATH, self.folder


# Bytes. No hook answers a send with more than a few hundred.
_ANSWER_LIMIT: Final = 1 << 20

# Seconds. Servers close an idle connection after 5 s (Apache, uvicorn, Node.js) or more: one that
# is younger than this can be relied upon to be still there when the next request leaves.
_REUSE_WITHIN: Final = 3

_CONNECT_WITHIN: Final = 30

# "Expect:" keeps libcurl from waiting for a permission that few servers give.
_HEADERS: Final = ["Expect:", "Content-Type: application/x-www-form-urlencoded", "Accept:"]

Sink = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How every call is made: *timeout* is in seconds, *agent* names the program."""

    timeout: float
    agent: str
    trust: CertificateAuthorities


class HookPost:
    """A libcurl handle that posts forms, one after the other.

    libcurl repeats a request by itself when a kept-alive connection dies before the answer, and
    the member would be mailed twice. It cannot where it reads the body from a function and has
    none to rewind it with; the error is then ``CURLE_SEND_FAIL_REWIND``.
    """

    def __init__(self, url: str, manner: ClientOptions) -> None:
        self.handle = pycurl.Curl()
        self._body = BytesIO()
        self._answer = bytearray()
        self._manner = manner
        for option, value in _options(manner):
            self.handle.setopt(option, value)
        self.handle.setopt(pycurl.URL, url)
        self.handle.setopt(pycurl.HTTPHEADER, _HEADERS)
        self.handle.setopt(pycurl.READFUNCTION, self._body.read)

    def hold(self, *, shared: bool) -> None:
        """Make ready to hold one answer after the other.

        It waits for a connection that is being made, if connections can be *shared*: where they
        cannot, it would wait for the first answer.
        """
        self.handle.setopt(pycurl.PIPEWAIT, shared)
        self.handle.setopt(pycurl.WRITEFUNCTION, self._take)
        self.handle.setopt(pycurl.TIMEOUT_MS, round(self._manner.timeout * 1000))

    def hand_on(self, sink: Sink, headers: Sink) -> None:
        """Make ready to hand the answer to *sink* as it arrives.

        Its *headers* go line by line to another. The time-out is for silence, not for the whole
        of a long answer.
        """
        self.handle.setopt(pycurl.HEADERFUNCTION, headers)
        self.handle.setopt(pycurl.WRITEFUNCTION, sink)
        self.handle.setopt(pycurl.LOW_SPEED_LIMIT, 1)
        self.handle.setopt(pycurl.LOW_SPEED_TIME, max(1, round(self._manner.timeout)))

    def fill(self, form: bytes, header: str | None = None) -> None:
        """Make ready to post *form*, with another *header* if there is one."""
        del self._answer[:]
        self._body.seek(0)
        self._body.truncate()
        self._body.write(form)
        self._body.seek(0)
        self.handle.setopt(pycurl.POSTFIELDSIZE, len(form))
        if header:
            self.handle.setopt(pycurl.HTTPHEADER, [*_HEADERS, header])

    @property
    def seconds(self) -> float:
        """How long the call has taken."""
        return float(self.handle.getinfo(pycurl.TOTAL_TIME))

    @property
    def http_status(self) -> int:
        """The status of the answer, 0 where none has come."""
        return int(self.handle.getinfo(pycurl.RESPONSE_CODE))

    @property
    def is_http2(self) -> bool:
        """Whether the answer came by HTTP/2, which calls share a connection of."""
        return bool(self.handle.getinfo(pycurl.INFO_HTTP_VERSION) == pycurl.CURL_HTTP_VERSION_2_0)

    @property
    def redirect(self) -> str | None:
        """The URL that the answer redirects to, if it does.

        Bytes that are not UTF-8 become U+FFFD: no URL has them (RFC 3986, 2).
        """
        url: bytes | None = self.handle.getinfo_raw(pycurl.REDIRECT_URL)
        return None if url is None else url.decode("utf-8", "replace")

    @property
    def left(self) -> bool:
        """Whether the request may have left this machine.

        Only what libcurl has asked for can have been written to a socket: while it has asked
        for no byte of the body, no server can have a form to act upon. What libcurl calls the
        error says less.
        """
        return self._body.tell() > 0

    @property
    def retry_after(self) -> float | None:
        """For how many seconds the site wants to be left alone (RFC 9110, 10.2.3), if it says so.

        A date is reckoned from now, by libcurl.
        """
        return float(self.handle.getinfo(pycurl.RETRY_AFTER)) or None

    def answer(self) -> Answer:
        """Return what came back."""
        status = self.http_status
        asked = self.retry_after if status in BUSY else None
        return Answer(status, bytes(self._answer), asked)

    def fault(self, error: int, text: str) -> NoAnswer:
        """Return what *error* of libcurl, which it describes as *text*, means."""
        if error == pycurl.E_OPERATION_TIMEDOUT:
            text = f"no answer within {self._manner.timeout:g} s"
        if error == pycurl.E_SEND_FAIL_REWIND:
            text = "the connection ended before an answer came"
        if error == pycurl.E_WRITE_ERROR:
            text = "the answer is too long for one of a GroupServer site"
        return NoAnswer(text, self.left)

    def _take(self, chunk: bytes) -> int:
        self._answer += chunk
        return len(chunk) if len(self._answer) <= _ANSWER_LIMIT else 0


def _options(manner: ClientOptions) -> "Iterator[tuple[int, object]]":
    yield pycurl.POST, 1
    yield pycurl.USERAGENT, manner.agent
    yield pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
    yield pycurl.FOLLOWLOCATION, 0
    yield pycurl.NOSIGNAL, 1
    yield pycurl.TCP_KEEPALIVE, 1
    yield pycurl.MAXAGE_CONN, _REUSE_WITHIN
    yield pycurl.CONNECTTIMEOUT_MS, round(min(manner.timeout, _CONNECT_WITHIN) * 1000)
    yield from manner.trust.options()

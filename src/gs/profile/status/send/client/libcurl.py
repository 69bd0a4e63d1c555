# SPDX-License-Identifier: MIT
"""libcurl: a POST that it cannot send twice, and the loop that waits for transfers and signals."""

import select
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import pycurl

from gs.profile.status.send.run.model import BUSY, Answer, NoAnswer

# The bundles of common systems, for a Python that was built on another system.
_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


@dataclass(frozen=True, slots=True)
class CertificateAuthorities:
    """The authorities to trust: a file, a folder or both, in PEM."""

    file: str | None
    folder: str | None

    @classmethod
    def of_file(cls, file: Path) -> "CertificateAuthorities":
        """Return the authorities of *file* alone."""
        return cls(str(file), None)

    @classmethod
    def of_system(cls) -> "CertificateAuthorities":
        """Return those of ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``, or the system's own.

        The wheel of pycurl has its own OpenSSL, which does not find the bundle of the system.
        """
        import ssl  # noqa: PLC0415 - it is large, and --cacert does not need it

        paths = ssl.get_default_verify_paths()
        if paths.cafile or paths.capath:
            return cls(paths.cafile, paths.capath)
        return cls(next((path for path in _BUNDLES if Path(path).is_file()), None), None)

    def options(self) -> Iterator[tuple[int, object]]:
        """Yield the options of libcurl that verify a server or a proxy with these authorities."""
        yield pycurl.SSL_VERIFYPEER, 1
        yield pycurl.SSL_VERIFYHOST, 2
        if self.file:
            yield pycurl.CAINFO, self.file
            yield pycurl.PROXY_CAINFO, self.file
        if self.folder:
            yield pycurl.CAPATH, self.folder
            yield pycurl.PROXY_CAPATH, self.folder


# Bytes. The answer of the send hook has a few hundred.
_ANSWER_LIMIT: Final = 1 << 20

# Seconds. Servers close an idle connection after 5 s (Apache, uvicorn, Node.js) or later, so a
# connection that has been idle for less still exists when the next request is sent.
_LONGEST_IDLE: Final = 3

# Seconds.
_CONNECT_TIMEOUT: Final = 30

# An empty "Expect:" stops libcurl from waiting for "100 Continue", which few servers send.
_HEADERS: Final = ["Expect:", "Content-Type: application/x-www-form-urlencoded", "Accept:"]

Sink = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How every call is made: *timeout* is in seconds, *user_agent* names the program."""

    timeout: float
    user_agent: str
    authorities: CertificateAuthorities


class HookPost:
    """A libcurl handle that posts forms, one after the other.

    If a kept-alive connection ends before the answer, libcurl repeats the request by itself, and
    the member would be mailed twice. It cannot repeat a body that it reads from a function without
    a function to rewind it. The error is then ``CURLE_SEND_FAIL_REWIND``.
    """

    def __init__(self, url: str, options: ClientOptions) -> None:
        self.handle = pycurl.Curl()
        self._body = BytesIO()
        self._answer = bytearray()
        self._options = options
        for option, value in _curl_options(options):
            self.handle.setopt(option, value)
        self.handle.setopt(pycurl.URL, url)
        self.handle.setopt(pycurl.HTTPHEADER, _HEADERS)
        self.handle.setopt(pycurl.READFUNCTION, self._body.read)

    def collect(self, *, shared: bool) -> None:
        """Collect each answer, for :meth:`answer`.

        With *shared*, calls can share a connection, and a call waits until one is established.
        Without it, such a call would wait for the answer to another one.
        """
        self.handle.setopt(pycurl.PIPEWAIT, shared)
        self.handle.setopt(pycurl.WRITEFUNCTION, self._collect)
        self.handle.setopt(pycurl.TIMEOUT_MS, round(self._options.timeout * 1000))

    def stream(self, body: Sink, headers: Sink) -> None:
        """Pass the answer to *body* while it arrives, and its header lines to *headers*.

        The time-out limits how long the site is silent, and not how long the answer takes.
        """
        self.handle.setopt(pycurl.HEADERFUNCTION, headers)
        self.handle.setopt(pycurl.WRITEFUNCTION, body)
        self.handle.setopt(pycurl.LOW_SPEED_LIMIT, 1)
        self.handle.setopt(pycurl.LOW_SPEED_TIME, max(1, round(self._options.timeout)))

    def prepare(self, form: bytes, header: str | None = None) -> None:
        """Post *form* next, with one more *header* if there is one."""
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
        """The status of the answer, 0 if there is none yet."""
        return int(self.handle.getinfo(pycurl.RESPONSE_CODE))

    @property
    def is_http2(self) -> bool:
        """Whether the answer came by HTTP/2, so that calls can share a connection."""
        return bool(self.handle.getinfo(pycurl.INFO_HTTP_VERSION) == pycurl.CURL_HTTP_VERSION_2_0)

    @property
    def redirect(self) -> str | None:
        """The URL that the answer redirects to, if it does.

        Bytes that are not UTF-8 become U+FFFD: no URL has them (RFC 3986, 2).
        """
        url: bytes | None = self.handle.getinfo_raw(pycurl.REDIRECT_URL)
        return None if url is None else url.decode("utf-8", "replace")

    @property
    def sent(self) -> bool:
        """Whether the request may have been sent.

        libcurl can send only what it has read: before it has read a byte of the body, no server
        can have received a form. The number of the error says less.
        """
        return self._body.tell() > 0

    @property
    def retry_after(self) -> float | None:
        """The pause that the site asks for, in seconds (RFC 9110, 10.2.3), if it does.

        libcurl turns a date into seconds from now.
        """
        return float(self.handle.getinfo(pycurl.RETRY_AFTER)) or None

    def answer(self) -> Answer:
        """Return the answer."""
        status = self.http_status
        asked = self.retry_after if status in BUSY else None
        return Answer(status, bytes(self._answer), asked)

    def no_answer(self, error: int, text: str) -> NoAnswer:
        """Return the result for *error* of libcurl, which libcurl describes as *text*."""
        if error == pycurl.E_OPERATION_TIMEDOUT:
            text = f"no answer within {self._options.timeout:g} s"
        if error == pycurl.E_SEND_FAIL_REWIND:
            text = "the connection ended before an answer came"
        if error == pycurl.E_WRITE_ERROR:
            text = "the answer is longer than any answer of a GroupServer site"
        return NoAnswer(text, self.sent)

    def _collect(self, chunk: bytes) -> int:
        self._answer += chunk
        return len(chunk) if len(self._answer) <= _ANSWER_LIMIT else 0


def _curl_options(options: ClientOptions) -> Iterator[tuple[int, object]]:
    yield pycurl.POST, 1
    yield pycurl.USERAGENT, options.user_agent
    yield pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
    yield pycurl.FOLLOWLOCATION, 0
    yield pycurl.NOSIGNAL, 1
    yield pycurl.TCP_KEEPALIVE, 1
    yield pycurl.MAXAGE_CONN, _LONGEST_IDLE
    yield pycurl.CONNECTTIMEOUT_MS, round(min(options.timeout, _CONNECT_TIMEOUT) * 1000)
    yield from options.authorities.options()


# Seconds between two calls of libcurl while it has no socket: it resolves a name.
_WITHOUT_SOCKETS: Final = 0.1


class StopRequest(Protocol):
    """A request of the operator to stop, which ends the waiting of the loop."""

    def fileno(self) -> int:
        """Return a file descriptor that becomes readable when the operator asks to stop."""
        ...

    def check(self) -> None:
        """Raise an error if the loop has to end now."""
        ...


class Completed(NamedTuple):
    """A transfer that ended: *error* is the error number of libcurl, 0 for none."""

    handle: pycurl.Curl
    error: int
    text: str


class TransferLoop:
    """Runs several transfers at once: up to about a thousand, the limit of select(2)."""

    def __init__(self, stop: StopRequest | None = None) -> None:
        self._stop = stop
        self._multi = pycurl.CurlMulti()
        self._running = 0

    def begin(self, handle: pycurl.Curl) -> None:
        """Begin the transfer of *handle*."""
        self._multi.add_handle(handle)

    def remove(self, handle: pycurl.Curl) -> None:
        """Remove *handle* from the loop, and end its transfer if it has not ended."""
        self._multi.remove_handle(handle)

    def wait(self, timeout: float) -> list[Completed]:
        """Return all transfers that have ended, after waiting for one for *timeout* s at most.

        Returns early, perhaps without any, when a signal arrives. Raises what
        :meth:`StopRequest.check` raises, if no transfer has ended.
        """
        completed = self._completed()
        if not completed:
            self._wait_for_sockets(timeout)
            completed = self._completed()
        more = completed
        while more and self._running:
            more = self._completed()
            completed = completed + more
        if self._stop and not completed:  # a result must not be lost
            self._stop.check()
        return completed

    def close(self) -> None:
        """Close all connections."""
        self._multi.close()

    def _wait_for_sockets(self, timeout: float) -> None:
        readable, writable, exceptional = self._multi.fdset()
        wanted = self._multi.timeout()  # in milliseconds, below 0 for no limit
        if wanted >= 0:
            timeout = min(timeout, wanted / 1000)
        if not readable and not writable:
            timeout = min(timeout, _WITHOUT_SOCKETS)
        if self._stop:
            readable.append(self._stop.fileno())
        select.select(readable, writable, exceptional, timeout)

    def _completed(self) -> list[Completed]:
        _, self._running = self._multi.perform()
        completed: list[Completed] = []
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            completed += [Completed(handle, 0, "") for handle in good]
            completed += [Completed(*failed) for failed in bad]
        return completed

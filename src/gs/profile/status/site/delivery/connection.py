# SPDX-License-Identifier: MIT
"""A connection to a mail server: commands, replies and what they mean (RFC 5321)."""

import io
import re
import smtplib
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from .ports import NotTakenError
from .settings import SmtpSettings

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_WORDS: Final = 200
_ENHANCED: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\S)")
_ADDRESS: Final = re.compile(r"<[^<>\s]*>|[^\s<>()\[\],;:=\"']+@[^\s<>()\[\],;:\"']+")
_UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e]+")

# Codes that speak of the session or of the command (RFC 5321, 4954): no address can cause them.
_OF_THE_SESSION: Final = frozenset({500, 502, 503, 504, 521, 530, 534, 535, 538, 555})
# Policy, but about the mailbox after all: disabled, or another owner's now (RFC 5248, 7293).
_OF_THE_MAILBOX: Final = frozenset({(7, 13), (7, 17), (7, 18)})
# The sender's address (RFC 3463, 5248), which some servers only judge with the recipient.
_OF_THE_SENDER: Final = frozenset({(1, 7), (1, 8)})
_ADDRESSING, _MAILBOX, _ROUTING, _CONTENT = 1, 2, 4, 6
# Many servers have no enhanced codes: then there are only the words.
_POLICY: Final = re.compile(
    r"relay|black.?list|block.?list|deny.?list|\brbl\b|dnsbl|spam|policy|reputation|authenti"
    r"|sender|banned|blocked|too many|access denied|client host|administrative(ly)? prohibit",
    re.IGNORECASE,
)
_NOBODY: Final = re.compile(
    r"user unknown|unknown user|no such (user|mailbox|recipient|address)|mailbox unavailable"
    r"|(user|mailbox|recipient) (unknown|not found|does not exist)",
    re.IGNORECASE,
)
_MAILBOX_UNAVAILABLE: Final = 550


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """A reply (RFC 5321, 4.2): the *code*, and the *words* of all its lines."""

    code: int
    words: str

    @classmethod
    def read(cls, code: int, octets: bytes) -> "SmtpReply":
        """Return the reply, harmless in a log or on a page: without control characters."""
        words = _UNPRINTABLE.sub(" ", octets.decode("ascii", "replace").replace("\n", " "))
        return cls(code, words.strip())

    @property
    def good(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.code <= 299  # noqa: PLR2004 - RFC 5321, 4.2.1

    @property
    def for_now(self) -> bool:
        """Whether it may well do it later."""
        return 400 <= self.code <= 499  # noqa: PLR2004

    @property
    def for_good(self) -> bool:
        """Whether it will not do it, however often it is asked."""
        return 500 <= self.code <= 599  # noqa: PLR2004

    @property
    def said(self) -> str:
        """What the server said, without the addresses in it, and not at length."""
        return f"{self.code} {_ADDRESS.sub('<…>', self.words)}".strip()[:_WORDS]

    @property
    def of_the_address(self) -> bool:
        """Whether a refusal of a recipient says something of the address.

        It does not where the server would refuse whoever it is: because of who asks, of the
        sender, or of its own state (RFC 3463). In doubt it does, as RFC 5321 has it.
        """
        enhanced = _ENHANCED.match(self.words)
        if self.code in _OF_THE_SESSION:
            return False
        if enhanced is None:
            return _POLICY.search(self.words) is None
        detail = int(enhanced[2]), int(enhanced[3])
        if detail in _OF_THE_MAILBOX:
            return True
        return detail not in _OF_THE_SENDER and detail[0] in {
            _ADDRESSING,
            _MAILBOX,
            _ROUTING,
            _CONTENT,
        }

    @property
    def names_the_address(self) -> bool:
        """Whether a refusal of a whole letter, to one recipient, is clearly of the address.

        In doubt it is not, for what is refused there is as a rule the letter.
        """
        if not self.for_good or not self.of_the_address or _POLICY.search(self.words):
            return False
        enhanced = _ENHANCED.match(self.words)
        if enhanced is None:
            return self.code == _MAILBOX_UNAVAILABLE and _NOBODY.search(self.words) is not None
        return (enhanced[1], int(enhanced[2])) == ("5", _ADDRESSING)


_LINES: Final = 100
# Octets: RFC 5321, 4.5.3.1.5, has 512, and smtplib sixteen times as many.
_LINE: Final = 8192


class ReplyTooLongError(smtplib.SMTPServerDisconnected):
    """The answer is longer than any answer is."""


class TimedReader(io.RawIOBase):
    """What comes in on a socket, until the time set by :meth:`wait` is over."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock = sock
        self._until = 0.0

    def wait(self, seconds: float) -> None:
        """Let all that is read from now on come within so many seconds."""
        self._until = time.monotonic() + seconds

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read what there is; raise :exc:`TimeoutError` when the time is over."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._sock.recv_into(buffer)


class SmtpClient(smtplib.SMTP):
    """smtplib's, but its time-out is for an answer as a whole, which has 100 lines at most."""

    _incoming: TimedReader | None = None

    def getreply(self) -> tuple[int, bytes]:
        """Return the code, -1 where there is none, and the words of all lines.

        Raises :exc:`smtplib.SMTPServerDisconnected`, in whose context is what broke.
        """
        sock = cast("socket.socket", self.sock)
        timeout = cast("float", sock.gettimeout())
        if self.file is None or self._incoming is None:
            # Never what was there before STARTTLS, which smtplib forgets in the same way.
            self._incoming = TimedReader(sock)
            self.file = io.BufferedReader(self._incoming)
        self._incoming.wait(timeout)
        try:
            reply = _lines(self.file)
            sock.settimeout(timeout)
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            self.close()
            if isinstance(error, smtplib.SMTPServerDisconnected):
                raise
            raise smtplib.SMTPServerDisconnected("lost") from error
        return reply


class SmtpTlsClient(SmtpClient, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte on."""


def _lines(file: io.BufferedReader) -> tuple[int, bytes]:
    words: list[bytes] = []
    for _ in range(_LINES):
        line = file.readline(_LINE + 1)
        if not line:
            raise smtplib.SMTPServerDisconnected("closed")
        if len(line) > _LINE:
            raise ReplyTooLongError
        words.append(line[4:].strip())
        if not line[:3].isdigit():
            return -1, b"\n".join(words)
        if line[3:4] != b"-":
            return int(line[:3]), b"\n".join(words)
    raise ReplyTooLongError


#: RFC 5321, 3.8: the server closes the connection, whatever it was asked.
CLOSING: Final = 421
GO_ON: Final = 354
_OK: Final = 250

# Seconds: nobody waits longer than this for a good-bye.
_GOOD_BYE: Final = 2.0


class ConnectionLostError(Exception):
    """The connection is of no use any more; its words say why, and name no member."""


class SmtpConnection:
    """A connection on which letters can be handed over, by one thread at a time.

    *messages* counts them, *faults* what the server refused for good; *kept* and *idle_since* are
    for whoever keeps it. Where it is *lost*, or a reply is none of SMTP's,
    :class:`ConnectionLostError` is raised, and again by all that follows.
    """

    def __init__(self, client: smtplib.SMTP, timeout: float, final_timeout: float) -> None:
        self._client = client
        self._sock = cast("socket.socket", client.sock)  # None before it was connected
        # Without it the end of a letter waits for the server's acknowledgement.
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._timeout = timeout
        self._final_timeout = final_timeout
        self._unread = 0
        self.messages = 0
        self.faults = 0
        self.kept = False
        self.idle_since = 0.0
        self.lost = False

    def offers(self, keyword: str) -> bool:
        """Return whether the server offers that extension."""
        return self._client.has_extn(keyword)

    def ask(self, *commands: bytes) -> Iterator[SmtpReply]:
        """Yield the reply to each command; all are sent at once where the server allows it.

        That is for RFC 2920, so DATA may only be the last. Otherwise a command is sent when its
        reply is asked for.
        """
        if self.offers("pipelining"):
            self._send(b"".join(commands))
            self._unread = len(commands)
            for _ in commands:
                yield self._heard()
        else:
            for command in commands:
                self._send(command)
                self._unread = 1
                yield self._heard()

    def send_text(self, text: bytes) -> None:
        """Send the letter with its final dot, which is the last that leaves.

        Where this raises :class:`ConnectionLostError` the dot has not left, so that the server has
        nothing whole.
        """
        self._send(text)

    def verdict(self) -> SmtpReply:
        """Return what the server says to the final dot; it is given more time for that."""
        self.messages += 1
        self._sock.settimeout(self._final_timeout)
        reply = self._read()
        if reply.code == CLOSING:
            self.drop()
        else:
            self._sock.settimeout(self._timeout)
        return reply

    def reset(self) -> bool:
        """Forget a letter that was begun; return whether the connection can go on."""
        with suppress(ConnectionLostError):
            while self._unread:
                if self._heard().code == GO_ON:
                    # A lone dot would deliver an empty letter to those who were accepted.
                    break
            else:
                if next(self.ask(b"RSET\r\n")).code == _OK:
                    return True
        self.drop()
        return False

    def close(self) -> None:
        """Say good-bye, and close."""
        if not self.lost:
            with suppress(OSError, ConnectionLostError):
                self._sock.settimeout(_GOOD_BYE)
                next(self.ask(b"QUIT\r\n"))
        self.drop()

    def drop(self) -> None:
        """Close without a word."""
        self.lost = True
        self._client.close()

    def _heard(self) -> SmtpReply:
        reply = self._read()
        self._unread -= 1
        self.faults += reply.for_good
        if reply.code == CLOSING:
            self.drop()
            raise ConnectionLostError(reply.said)
        return reply

    def _send(self, octets: bytes) -> None:
        try:
            self._client.send(octets)
        except smtplib.SMTPServerDisconnected as error:
            self.drop()
            raise ConnectionLostError(reason_of(error)) from error

    def _read(self) -> SmtpReply:
        if self.lost:
            raise ConnectionLostError("it has been lost before")
        try:
            code, words = self._client.getreply()
        except smtplib.SMTPException as error:  # a line without an end is one too
            self.drop()
            raise ConnectionLostError(reason_of(error)) from error
        reply = SmtpReply.read(code, words)
        if not (reply.good or reply.for_now or reply.for_good or code == GO_ON):
            self.drop()
            raise ConnectionLostError("it answers, but not as a mail server")
        return reply


def reason_of(error: BaseException) -> str:
    """Return what broke a connection: the system's words, without smtplib's round them."""
    cause = error.__context__
    if isinstance(error, ReplyTooLongError):
        return "its answer has no end"
    if isinstance(cause, TimeoutError):
        return "it does not answer in time"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {cause.reason or cause}"
    if isinstance(cause, OSError):
        return cause.strerror or type(cause).__name__
    return "it closed the connection"


_LOGGED_IN: Final = 235
_CHALLENGE: Final = 334


class AuthoritiesError(ValueError):
    """The file of authorities cannot be read."""


def tls_context(settings: SmtpSettings) -> ssl.SSLContext:
    """Return what TLS asks for: TLS 1.2, a certificate that is trusted and for that host.

    Raises :exc:`AuthoritiesError` where the file of authorities cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise AuthoritiesError(f"ca-file: {settings.ca_file} is no PEM file") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def connect(settings: SmtpSettings, context: ssl.SSLContext) -> SmtpConnection:
    """Return a connection on which letters can be handed over.

    Raises :class:`NotTakenError` with words for the operator, and without the password.
    """
    server = f"{settings.host}:{settings.port}"
    with _told(server, settings.timeout):
        client = _greeted(settings, context)
    try:
        with _told(server, settings.timeout):
            if settings.security == "starttls":
                client.starttls(context=context)
            client.ehlo_or_helo_if_needed()
            if settings.user is not None and settings.password is not None:
                _log_in(client, server, settings.user, settings.password)
    except BaseException:
        client.close()
        raise
    return SmtpConnection(client, settings.timeout, settings.final_timeout)


def _greeted(settings: SmtpSettings, context: ssl.SSLContext) -> smtplib.SMTP:
    host, port, name = settings.host, settings.port, settings.local_hostname
    if settings.security == "tls":
        return SmtpTlsClient(host, port, name, timeout=settings.timeout, context=context)
    return SmtpClient(host, port, name, timeout=settings.timeout)


@contextmanager
def _told(server: str, timeout: float) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPNotSupportedError as error:
        raise NotTakenError(
            f"The mail server {server} does not offer STARTTLS, and security is starttls: "
            "nothing is sent to it without."
        ) from error
    except smtplib.SMTPResponseException as error:
        raise NotTakenError(f"The mail server {server} said: {_said(error)}.") from error
    except smtplib.SMTPException as error:
        raise NotTakenError(f"The mail server {server}: {reason_of(error)}.") from error
    except OSError as error:
        raise NotTakenError(_of_the_system(server, timeout, error)) from error


def _said(error: smtplib.SMTPResponseException) -> str:
    words = error.smtp_error
    octets = words if isinstance(words, bytes) else words.encode()
    return SmtpReply.read(error.smtp_code, octets).said


def _of_the_system(server: str, timeout: float, error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of the mail server {server}: {error.verify_message}."
    if isinstance(error, ssl.SSLError):
        return f"The mail server {server}: TLS failed: {error.reason or error}."
    if isinstance(error, TimeoutError):
        return f"The mail server {server} does not answer within {timeout:g} seconds."
    return f"The mail server {server} cannot be reached: {error.strerror or error}."


def _log_in(client: smtplib.SMTP, server: str, user: str, password: str) -> None:
    # smtplib's own takes ASCII alone, and tries another mechanism with the same wrong password.
    offered = client.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in offered:
        response = _base64(f"\0{user}\0{password}")
        code, words = client.docmd("AUTH", f"PLAIN {response}")
    elif "LOGIN" in offered:
        code, words = client.docmd("AUTH", f"LOGIN {_base64(user)}")
        if code == _CHALLENGE:
            code, words = client.docmd(_base64(password))
    else:
        raise NotTakenError(f"The mail server {server} offers no log-in by PLAIN or LOGIN.")
    reply = SmtpReply.read(code, words)
    if reply.for_good:
        raise NotTakenError(
            f"The mail server {server} refuses the log-in ({reply.said}): "
            "mend user and password in [mail]."
        )
    if code != _LOGGED_IN:
        raise NotTakenError(f"The mail server {server} cannot log in now: {reply.said}.")


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")

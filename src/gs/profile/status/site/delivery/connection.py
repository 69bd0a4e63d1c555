# SPDX-License-Identifier: MIT
"""A connection to a mail server: it sends commands and reads replies (RFC 5321).

What a reply means, for a mail and for an address, is in its properties (RFC 3463).
"""

import io
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


#: The server closes the connection, whatever the command was (RFC 5321, 3.8).
CLOSING: Final = 421
#: The server waits for the mail (RFC 5321, 4.2.3).
START_MAIL: Final = 354
_OK: Final = 250

# Seconds to wait for the reply to QUIT.
_QUIT_TIMEOUT: Final = 2.0

# The longest reply: in lines, and its longest line in octets (RFC 5321, 4.5.3.1.5, has 512;
# smtplib reads 8192).
_MOST_LINES: Final = 100
_LONGEST_LINE: Final = 8192

# Characters of a reply that are shown.
_SHOWN: Final = 200
_ENHANCED: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\S)")
_ADDRESS: Final = re.compile(r"<[^<>\s]*>|[^\s<>()\[\],;:=\"']+@[^\s<>()\[\],;:\"']+")
_UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e]+")

# Codes about the session or the command (RFC 5321, RFC 4954). No address can cause them.
_SESSION_CODES: Final = frozenset({500, 502, 503, 504, 521, 530, 534, 535, 538, 555})
# Policy codes that are about the mailbox: disabled, or with a new owner (RFC 5248, RFC 7293).
_MAILBOX_DETAILS: Final = frozenset({(7, 13), (7, 17), (7, 18)})
# Codes about the sender's address (RFC 3463, RFC 5248). Some servers check it at RCPT only.
_SENDER_DETAILS: Final = frozenset({(1, 7), (1, 8)})
_ADDRESSING, _MAILBOX, _ROUTING, _CONTENT = 1, 2, 4, 6

# Many servers send no enhanced codes. Then the text of the reply has to be enough.
_POLICY: Final = re.compile(
    r"relay|black.?list|block.?list|deny.?list|\brbl\b|dnsbl|spam|policy|reputation|authenti"
    r"|sender|banned|blocked|too many|access denied|client host|administrative(ly)? prohibit",
    re.IGNORECASE,
)
_NO_SUCH_USER: Final = re.compile(
    r"user unknown|unknown user|no such (user|mailbox|recipient|address)|mailbox unavailable"
    r"|(user|mailbox|recipient) (unknown|not found|does not exist)",
    re.IGNORECASE,
)
_MAILBOX_UNAVAILABLE: Final = 550


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """A reply (RFC 5321, 4.2): its *code*, and the *text* of all its lines."""

    code: int
    text: str

    @classmethod
    def read(cls, code: int, octets: bytes) -> "SmtpReply":
        """Return the reply without control characters: it is safe in a log and on a page."""
        text = _UNPRINTABLE.sub(" ", octets.decode("ascii", "replace").replace("\n", " "))
        return cls(code, text.strip())

    @property
    def positive(self) -> bool:
        """Whether the server did what the command asked for (2yz)."""
        return 200 <= self.code <= 299  # noqa: PLR2004 - RFC 5321, 4.2.1

    @property
    def transient(self) -> bool:
        """Whether the server may do it later (4yz)."""
        return 400 <= self.code <= 499  # noqa: PLR2004

    @property
    def permanent(self) -> bool:
        """Whether the server will not do it, however often it is asked (5yz)."""
        return 500 <= self.code <= 599  # noqa: PLR2004

    @property
    def shown(self) -> str:
        """The code and the text, shortened, and without the addresses in it."""
        return f"{self.code} {_ADDRESS.sub('<…>', self.text)}".strip()[:_SHOWN]

    @property
    def is_about_address(self) -> bool:
        """Whether a refusal at RCPT is about the address of the recipient.

        It is not if the server would refuse any recipient: because of the client, the sender or
        its own state (RFC 3463). If that is not clear, it is about the address (RFC 5321).
        """
        enhanced = _ENHANCED.match(self.text)
        if self.code in _SESSION_CODES:
            return False
        if enhanced is None:
            return _POLICY.search(self.text) is None
        detail = int(enhanced[2]), int(enhanced[3])
        if detail in _MAILBOX_DETAILS:
            return True
        return detail not in _SENDER_DETAILS and detail[0] in {
            _ADDRESSING,
            _MAILBOX,
            _ROUTING,
            _CONTENT,
        }

    @property
    def is_clearly_about_address(self) -> bool:
        """Whether a refusal of a whole mail, with one recipient, is clearly about the address.

        If that is not clear, it is about the mail, as refusals at the final dot usually are.
        """
        if not self.permanent or not self.is_about_address or _POLICY.search(self.text):
            return False
        enhanced = _ENHANCED.match(self.text)
        if enhanced is None:
            return (
                self.code == _MAILBOX_UNAVAILABLE and _NO_SUCH_USER.search(self.text) is not None
            )
        return (enhanced[1], int(enhanced[2])) == ("5", _ADDRESSING)


class ConnectionLostError(Exception):
    """The connection cannot be used any more. The message says why, and names no member."""


class SmtpConnection:
    """A connection that mails can be sent on, by one thread at a time.

    *messages* counts the mails, *refusals* the permanent refusals of the server. *reused* and
    *idle_since* are for the pool. Every method raises :class:`ConnectionLostError` if the
    connection is *lost*, or if a reply is not one of SMTP.
    """

    def __init__(self, client: smtplib.SMTP, timeout: float, final_timeout: float) -> None:
        self._client = client
        self._sock = cast("socket.socket", client.sock)  # None before it is connected
        # Without it the end of a mail waits for the server's TCP acknowledgement.
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._timeout = timeout
        self._final_timeout = final_timeout
        self._unread = 0
        self.messages = 0
        self.refusals = 0
        self.reused = False
        self.idle_since = 0.0
        self.lost = False

    def offers(self, keyword: str) -> bool:
        """Return whether the server offers that extension of SMTP."""
        return self._client.has_extn(keyword)

    def ask(self, *commands: bytes) -> Iterator[SmtpReply]:
        """Yield the reply to each command; send them together if the server offers pipelining.

        By RFC 2920 only the last command may be DATA. Without pipelining, this sends a command
        when its reply is asked for.
        """
        if self.offers("pipelining"):
            self._send(b"".join(commands))
            self._unread = len(commands)
            for _ in commands:
                yield self._reply()
        else:
            for command in commands:
                self._send(command)
                self._unread = 1
                yield self._reply()

    def send_content(self, content: bytes) -> None:
        """Send the content of the mail, with the final dot at its end.

        If this raises :class:`ConnectionLostError`, the dot was not sent, so that the server does
        not have the whole mail.
        """
        self._send(content)

    def final_reply(self) -> SmtpReply:
        """Return the reply to the final dot; the server has more time for it."""
        self.messages += 1
        self._sock.settimeout(self._final_timeout)
        reply = self._read()
        if reply.code == CLOSING:
            self.drop()
        else:
            self._sock.settimeout(self._timeout)
        return reply

    def reset(self) -> bool:
        """Abandon the mail that was begun; return whether the connection can be used again."""
        with suppress(ConnectionLostError):
            while self._unread:
                if self._reply().code == START_MAIL:
                    # A lone dot would deliver an empty mail to the recipients that were accepted.
                    break
            else:
                if next(self.ask(b"RSET\r\n")).code == _OK:
                    return True
        self.drop()
        return False

    def close(self) -> None:
        """Send QUIT, and close the connection."""
        if not self.lost:
            with suppress(OSError, ConnectionLostError):
                self._sock.settimeout(_QUIT_TIMEOUT)
                next(self.ask(b"QUIT\r\n"))
        self.drop()

    def drop(self) -> None:
        """Close the connection without QUIT."""
        self.lost = True
        self._client.close()

    def _reply(self) -> SmtpReply:
        reply = self._read()
        self._unread -= 1
        self.refusals += reply.permanent
        if reply.code == CLOSING:
            self.drop()
            raise ConnectionLostError(reply.shown)
        return reply

    def _send(self, octets: bytes) -> None:
        try:
            self._client.send(octets)
        except smtplib.SMTPServerDisconnected as error:
            self.drop()
            raise ConnectionLostError(reason_of(error)) from error

    def _read(self) -> SmtpReply:
        if self.lost:
            raise ConnectionLostError("the connection was lost before")
        try:
            code, words = self._client.getreply()
        except smtplib.SMTPException as error:  # a line without an end raises one, too
            self.drop()
            raise ConnectionLostError(reason_of(error)) from error
        reply = SmtpReply.read(code, words)
        if not (reply.positive or reply.transient or reply.permanent or code == START_MAIL):
            self.drop()
            raise ConnectionLostError("it does not answer as a mail server")
        return reply


class ReplyTooLongError(smtplib.SMTPServerDisconnected):
    """The reply has more lines, or a longer line, than this program reads."""


def reason_of(error: BaseException) -> str:
    """Return why a connection was lost, in the words of the operating system if it has any."""
    cause = error.__context__
    if isinstance(error, ReplyTooLongError):
        return "its reply is too long"
    if isinstance(cause, TimeoutError):
        return "it does not answer in time"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {cause.reason or cause}"
    if isinstance(cause, OSError):
        return cause.strerror or type(cause).__name__
    return "it closed the connection"


class TimedReader(io.RawIOBase):
    """Reads from a socket until the deadline that :meth:`start` sets."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock = sock
        self._deadline = 0.0

    def start(self, seconds: float) -> None:
        """Set the deadline for everything that is read from now on."""
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        """Return ``True``: the stream can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read what has arrived; raise :exc:`TimeoutError` after the deadline."""
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._sock.settimeout(remaining)
        return self._sock.recv_into(buffer)


class SmtpClient(smtplib.SMTP):
    """The client of smtplib, with a time-out for a whole reply and a limit to its length.

    smtplib starts its time-out anew with each octet, so that a slow server could hold it for ever.
    """

    _incoming: TimedReader | None = None

    def getreply(self) -> tuple[int, bytes]:
        """Return the code, -1 if there is none, and the text of all lines.

        Raises :exc:`smtplib.SMTPServerDisconnected`, with the cause as its context.
        """
        sock = cast("socket.socket", self.sock)
        timeout = cast("float", sock.gettimeout())
        if self.file is None or self._incoming is None:
            # A new reader after STARTTLS, as in smtplib: what arrived before TLS must not count.
            self._incoming = TimedReader(sock)
            self.file = io.BufferedReader(self._incoming)
        self._incoming.start(timeout)
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
    """The same client, with TLS from the first octet on."""


def _lines(file: io.BufferedReader) -> tuple[int, bytes]:
    words: list[bytes] = []
    for _ in range(_MOST_LINES):
        line = file.readline(_LONGEST_LINE + 1)
        if not line:
            raise smtplib.SMTPServerDisconnected("closed")
        if len(line) > _LONGEST_LINE:
            raise ReplyTooLongError
        words.append(line[4:].strip())
        if not line[:3].isdigit():
            return -1, b"\n".join(words)
        if line[3:4] != b"-":
            return int(line[:3]), b"\n".join(words)
    raise ReplyTooLongError

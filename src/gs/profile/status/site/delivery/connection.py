# SPDX-License-Identifier: MIT
"""A connection to a mail server: it connects, sends commands and reads replies (RFC 5321)."""

import io
import smtplib
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, cast

from .replies import SmtpReply
from .settings import SmtpSettings

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# The longest reply: in lines, and its longest line in octets (RFC 5321, 4.5.3.1.5, has 512;
# smtplib reads 8192).
_MOST_LINES: Final = 100
_LONGEST_LINE: Final = 8192


class ReplyTooLongError(smtplib.SMTPServerDisconnected):
    """The reply has more lines, or a longer line, than this program reads."""


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


#: The server closes the connection, whatever the command was (RFC 5321, 3.8).
CLOSING: Final = 421
#: The server waits for the mail (RFC 5321, 4.2.3).
START_MAIL: Final = 354
_OK: Final = 250

# Seconds to wait for the reply to QUIT.
_QUIT_TIMEOUT: Final = 2.0


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


_LOGGED_IN: Final = 235
_CHALLENGE: Final = 334


class ConnectError(Exception):
    """There is no connection, so no mail was sent. The message is for the operator.

    It does not contain the password.
    """


class AuthoritiesError(ValueError):
    """The file of certificate authorities cannot be read."""


def tls_context(settings: SmtpSettings) -> ssl.SSLContext:
    """Return a context that requires TLS 1.2 and a trusted certificate for the host.

    Raises :exc:`AuthoritiesError` if the file of certificate authorities cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise AuthoritiesError(f"ca-file: {settings.ca_file} is no PEM file") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def connect(settings: SmtpSettings, context: ssl.SSLContext) -> SmtpConnection:
    """Return a new connection that mails can be sent on; raises :class:`ConnectError`."""
    server = f"{settings.host}:{settings.port}"
    with _connect_errors(server, settings.timeout):
        client = _client(settings, context)
    try:
        with _connect_errors(server, settings.timeout):
            if settings.security == "starttls":
                client.starttls(context=context)
            client.ehlo_or_helo_if_needed()
            if settings.user is not None and settings.password is not None:
                _log_in(client, server, settings.user, settings.password)
    except BaseException:
        client.close()
        raise
    return SmtpConnection(client, settings.timeout, settings.final_timeout)


def _client(settings: SmtpSettings, context: ssl.SSLContext) -> smtplib.SMTP:
    host, port, name = settings.host, settings.port, settings.local_hostname
    if settings.security == "tls":
        return SmtpTlsClient(host, port, name, timeout=settings.timeout, context=context)
    return SmtpClient(host, port, name, timeout=settings.timeout)


@contextmanager
def _connect_errors(server: str, timeout: float) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPNotSupportedError as error:
        raise ConnectError(
            f"The mail server {server} does not offer STARTTLS, which [mail] security = "
            '"starttls" requires. Nothing was sent.'
        ) from error
    except smtplib.SMTPResponseException as error:
        raise ConnectError(f"The mail server {server} said: {_said(error)}.") from error
    except smtplib.SMTPException as error:
        raise ConnectError(f"The mail server {server}: {reason_of(error)}.") from error
    except OSError as error:
        raise ConnectError(_system_reason(server, timeout, error)) from error


def _said(error: smtplib.SMTPResponseException) -> str:
    words = error.smtp_error
    octets = words if isinstance(words, bytes) else words.encode()
    return SmtpReply.read(error.smtp_code, octets).shown


def _system_reason(server: str, timeout: float, error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of the mail server {server}: {error.verify_message}."
    if isinstance(error, ssl.SSLError):
        return f"The mail server {server}: TLS failed: {error.reason or error}."
    if isinstance(error, TimeoutError):
        return f"The mail server {server} does not answer within {timeout:g} seconds."
    return f"The mail server {server} cannot be reached: {error.strerror or error}."


def _log_in(client: smtplib.SMTP, server: str, user: str, password: str) -> None:
    # smtplib's login() takes ASCII alone, and tries each mechanism with the same wrong password.
    offered = client.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in offered:
        response = _base64(f"\0{user}\0{password}")
        code, words = client.docmd("AUTH", f"PLAIN {response}")
    elif "LOGIN" in offered:
        code, words = client.docmd("AUTH", f"LOGIN {_base64(user)}")
        if code == _CHALLENGE:
            code, words = client.docmd(_base64(password))
    else:
        raise ConnectError(f"The mail server {server} offers no log-in by PLAIN or LOGIN.")
    reply = SmtpReply.read(code, words)
    if reply.permanent:
        raise ConnectError(
            f"The mail server {server} refuses the log-in ({reply.shown}): "
            "correct user and password in [mail]."
        )
    if code != _LOGGED_IN:
        raise ConnectError(f"The mail server {server} cannot log in now: {reply.shown}.")


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")

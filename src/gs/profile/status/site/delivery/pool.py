# SPDX-License-Identifier: MIT
"""Connects to the mail server; keeps the connections open, and shares them between threads."""

import smtplib
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from .connection import SmtpClient, SmtpConnection, SmtpReply, SmtpTlsClient, reason_of
from .settings import SmtpSettings

# Seconds after a failed connection in which no thread tries again. More attempts do not help a
# server that is down, and too many wrong log-ins lock the account.
_PAUSE: Final = 1.0
# Servers slow down, and then disconnect, a client that they refuse often: Postfix after 10 and 20.
_MOST_REFUSALS: Final = 8

# The log-in succeeded; the server asks for the next word (RFC 4954, 4 and 6).
_LOGGED_IN: Final = 235
_CHALLENGE: Final = 334


class ConnectError(Exception):
    """There is no connection, so no mail was sent. The message is for the operator.

    It does not contain the password.
    """


class AuthoritiesError(ValueError):
    """The file of certificate authorities cannot be read."""


class ConnectionPool:
    """Gives each thread a connection of its own, an open one if there is one.

    *clock* returns monotonic seconds.
    """

    def __init__(
        self,
        settings: SmtpSettings,
        connect: Callable[[], SmtpConnection],
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._clock = clock
        self._lock = Lock()
        self._open: list[SmtpConnection] = []
        self._closed = False
        self._failure = ""
        self._pause_until = clock()

    def take(self) -> SmtpConnection:
        """Return a connection that no other thread has; raises :class:`ConnectError`.

        Whether an open one is still alive shows when it is used.
        """
        for connection in self._take_idle():
            connection.close()
        with self._lock:
            newest = self._open.pop() if self._open else None
        return newest or self.connect()

    def connect(self) -> SmtpConnection:
        """Return a new connection; raises :class:`ConnectError`."""
        with self._lock:
            if self._closed:
                raise ConnectError("The site is being stopped.")
            if self._clock() < self._pause_until:
                raise ConnectError(self._failure)
        try:
            return self._connect()
        except ConnectError as error:
            with self._lock:
                self._failure = str(error)
                self._pause_until = self._clock() + _PAUSE
            raise

    def give_back(self, connection: SmtpConnection) -> None:
        """Keep a connection for other threads, or close it if it is lost or used up."""
        used_up = (
            connection.messages >= self._settings.messages or connection.refusals >= _MOST_REFUSALS
        )
        with self._lock:
            keep = not (used_up or connection.lost or self._closed)
            if keep:
                connection.reused, connection.idle_since = True, self._clock()
                self._open.append(connection)
        if not keep:
            connection.close()

    def close(self) -> None:
        """Close the open connections, and keep none from now on."""
        with self._lock:
            self._closed = True
            connections, self._open = self._open, []
        for connection in connections:
            connection.close()

    def _take_idle(self) -> list[SmtpConnection]:
        since = self._clock() - self._settings.idle
        with self._lock:  # they are in the order in which they were given back
            count = sum(connection.idle_since <= since for connection in self._open)
            idle, self._open = self._open[:count], self._open[count:]
        return idle


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

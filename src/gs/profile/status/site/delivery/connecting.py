# SPDX-License-Identifier: MIT
"""Connects to the mail server: greeting, TLS, log-in; whatever fails there, nothing was taken."""

import smtplib
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from .answering import Client, TlsClient
from .connection import Connection, why
from .ports import NotTakenError
from .replies import Reply
from .settings import SmtpSettings

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


def connect(settings: SmtpSettings, context: ssl.SSLContext) -> Connection:
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
    return Connection(client, settings.timeout, settings.final_timeout)


def _greeted(settings: SmtpSettings, context: ssl.SSLContext) -> smtplib.SMTP:
    host, port, name = settings.host, settings.port, settings.local_hostname
    if settings.security == "tls":
        return TlsClient(host, port, name, timeout=settings.timeout, context=context)
    return Client(host, port, name, timeout=settings.timeout)


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
        raise NotTakenError(f"The mail server {server}: {why(error)}.") from error
    except OSError as error:
        raise NotTakenError(_of_the_system(server, timeout, error)) from error


def _said(error: smtplib.SMTPResponseException) -> str:
    words = error.smtp_error
    octets = words if isinstance(words, bytes) else words.encode()
    return Reply.read(error.smtp_code, octets).said


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
    reply = Reply.read(code, words)
    if reply.for_good:
        raise NotTakenError(
            f"The mail server {server} refuses the log-in ({reply.said}): "
            "mend user and password in [mail]."
        )
    if code != _LOGGED_IN:
        raise NotTakenError(f"The mail server {server} cannot log in now: {reply.said}.")


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")

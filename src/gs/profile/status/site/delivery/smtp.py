# SPDX-License-Identifier: MIT
"""Delivers mails to a mail server (RFC 5321, RFC 6409)."""

import re
import time
from base64 import b32encode
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from threading import BoundedSemaphore, Lock
from typing import Final

from .connection import SmtpConnection
from .pool import ConnectError, ConnectionPool, connect, tls_context
from .ports import (
    Deferred,
    Delivered,
    DeliveryResult,
    InDoubt,
    OutgoingMail,
    RecipientsRefused,
)
from .settings import SmtpSettings
from .transaction import StaleConnectionError, transact

#: The most addresses that a wrongly configured mail server can mark as undeliverable.
MOST_REFUSED: Final = 10

# RFC 5321, 4.5.3.1.1.
_LOCAL_PART: Final = 64
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
# Octets: 26 characters of base 32, which a server that changes the case does not damage.
_DIGEST: Final = 16


class SmtpMailer:
    """Fulfils :class:`.Mailer` with a mail server, to which it connects for the first mail.

    Raises :exc:`ValueError` if the settings have no *bounces* address, or no readable *ca_file*.
    """

    def __init__(
        self, settings: SmtpSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if settings.bounces is None:
            raise ValueError("bounces is missing: the address that receives the bounces")
        self._bounces = settings.bounces
        self._breaker = CircuitBreaker()
        self._jobs = settings.connections
        self._free = BoundedSemaphore(settings.connections)
        self._pool = ConnectionPool(
            settings, partial(connect, settings, tls_context(settings)), clock
        )

    @property
    def jobs(self) -> int:
        """How many mails the mailer can take at the same time."""
        return self._jobs

    def deliver(
        self,
        mail: OutgoingMail,
        member_id: str,
        key: str | None = None,  # noqa: ARG002 - SMTP has no field for it
    ) -> DeliveryResult:
        """Deliver *mail*, with *member_id* in the envelope's sender, and return the result.

        If an open connection turns out to be dead before the server could know of the mail, the
        mail is sent on a new one, once.
        """
        sender = bounce_address(self._bounces, member_id)
        with self._free:
            connection = self._connection(self._pool.take)
            if isinstance(connection, SmtpConnection) and connection.reused:
                try:
                    return self._transact(connection, mail, sender)
                except StaleConnectionError:
                    connection = self._connection(self._pool.connect)
            if isinstance(connection, Deferred):
                return connection
            try:
                return self._transact(connection, mail, sender)
            except StaleConnectionError as error:
                return Deferred(str(error))

    def was_delivered(self, key: str) -> None:
        """Return ``None``: a mail server cannot be asked whether it took a mail."""

    def close(self) -> None:
        """Close the open connections; threads that are delivering finish first."""
        self._pool.close()

    def _connection(self, source: Callable[[], SmtpConnection]) -> SmtpConnection | Deferred:
        try:
            return source()
        except ConnectError as error:
            return Deferred(str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing was sent
            # Only the name of the error: its message may contain the password.
            return Deferred(
                f"The mail server cannot be reached because of a bug: {type(error).__name__}."
            )

    def _transact(
        self, connection: SmtpConnection, mail: OutgoingMail, sender: str
    ) -> DeliveryResult:
        try:
            result = transact(connection, mail, sender)
        except BaseException:
            connection.drop()
            raise
        match result:
            case InDoubt():
                connection.drop()
                return result
            case Delivered():
                self._breaker.reset()
            case _:
                connection.reset()
        self._pool.give_back(connection)
        return self._breaker.check(result)


class CircuitBreaker:
    """Stops marking addresses if a mail server refuses everybody; for all threads.

    It counts the refused addresses since the server took the last mail.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._refused = 0

    def reset(self) -> None:
        """Start to count anew: the server took a mail."""
        with self._lock:
            self._refused = 0

    def check(self, result: DeliveryResult) -> DeliveryResult:
        """Return *result*, or :class:`Deferred` in its place if too many addresses were refused.

        The first mail may have more recipients than that: it would be deferred for ever.
        """
        if not isinstance(result, RecipientsRefused) or not result.by_server:
            return result
        with self._lock:
            count = self._refused + len(result.refused)
            if count <= MOST_REFUSED or self._refused == 0:
                self._refused = count
                return result
        return Deferred(
            f"The mail server refuses every recipient: {result.refused[-1].reply}. No address is "
            "marked until the server takes a mail."
        )


def bounce_address(bounces: str, member_id: str) -> str:
    """Return the envelope sender of a mail to a member (VERP): bounces go to this address.

    ``bounces@example.org`` becomes ``bounces+ID@example.org``. An ID with special characters, or
    too long for the 64 octets of a local part, is replaced by ``=`` and a digest.
    """
    local, _, domain = bounces.rpartition("@")
    tag = member_id
    if _PLAIN_ID.fullmatch(member_id) is None or len(local) + 1 + len(tag) > _LOCAL_PART:
        octets = sha256(member_id.encode("utf-8", "surrogatepass")).digest()[:_DIGEST]
        tag = "=" + b32encode(octets).decode("ascii").rstrip("=").lower()
    return f"{local}+{tag}@{domain}"

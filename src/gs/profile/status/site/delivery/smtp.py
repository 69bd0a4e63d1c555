# SPDX-License-Identifier: MIT
"""Hands letters over to a mail server (RFC 5321, RFC 6409)."""

import re
import time
from base64 import b32encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from threading import BoundedSemaphore, Lock
from typing import Final

from .connection import SmtpConnection, connect, tls_context
from .pool import ConnectionPool
from .ports import (
    AllRefusedError,
    DoubtError,
    NotTakenError,
    OutgoingMail,
    RefusedRecipient,
    RejectedError,
)
from .settings import SmtpSettings
from .transaction import ServerRefusedError, StaleError, hand_over

#: So many addresses are marked, at most, by a mail server that is set up wrongly.
BELIEVED: Final = 10


class CircuitBreaker:
    """Counts the addresses that were refused since the last letter was taken; for all threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._refused = 0

    def taken(self) -> None:
        """Believe it again, for it took a letter."""
        with self._lock:
            self._refused = 0

    def refused(self, error: AllRefusedError) -> None:
        """Count a letter that was refused; raise :class:`NotTakenError` where it is too many.

        A letter to more than that is believed where it is the first: it would wait for ever.
        """
        with self._lock:
            count = self._refused + len(error.refused)
            believed = count <= BELIEVED or self._refused == 0
            if believed:
                self._refused = count
        if not believed:
            raise NotTakenError(
                f"The mail server refuses everybody: {error.refused[-1].reply}. No address is "
                "marked until it has taken a letter."
            ) from error


# RFC 5321, 4.5.3.1.1.
_LOCAL_PART: Final = 64
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
# Bytes: 26 characters of base 32, which survives a server that changes the case.
_DIGEST: Final = 16


def bounce_address(bounces: str, reader: str) -> str:
    """Return the address to which a letter to the member *reader* bounces.

    ``bounces@example.org`` becomes ``bounces+ID@example.org``. An ID that is not plain, or too
    long for the 64 octets of a local part, is there as ``=`` and a digest.
    """
    local, _, domain = bounces.rpartition("@")
    if _PLAIN.fullmatch(reader) is None or len(local) + 1 + len(reader) > _LOCAL_PART:
        reader = f"={_digest(reader)}"
    return f"{local}+{reader}@{domain}"


def _digest(reader: str) -> str:
    octets = sha256(reader.encode("utf-8", "surrogatepass")).digest()[:_DIGEST]
    return b32encode(octets).decode("ascii").rstrip("=").lower()


class SmtpMailer:
    """A mail server: fulfils :class:`.port.Mailer`.

    Raises :exc:`ValueError` where the settings name no *bounces*, or no readable *ca_file*. It is
    connected when the first letter comes.
    """

    def __init__(
        self, settings: SmtpSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if settings.bounces is None:
            raise ValueError("bounces is missing: the address to which letters bounce")
        self._bounces = settings.bounces
        self._brake = CircuitBreaker()
        self._jobs = settings.connections
        self._free = BoundedSemaphore(settings.connections)
        to_connect = partial(connect, settings, tls_context(settings))
        self._connections = ConnectionPool(settings, to_connect, clock)

    @property
    def jobs(self) -> int:
        """How many letters it can take at the same time."""
        return self._jobs

    def hand_over(
        self,
        letter: OutgoingMail,
        reader: str,
        key: str | None = None,  # noqa: ARG002 - SMTP has no place for it
    ) -> tuple[RefusedRecipient, ...]:
        """Hand *letter* over, with the ID of the member *reader* in the envelope's sender.

        A kept connection that turns out to be dead, before the server has heard of the letter, is
        replaced, once. Raises what the port says.
        """
        sender = bounce_address(self._bounces, reader)
        with self._free:
            with _nothing_left():
                connection = self._connections.take()
            if connection.kept:
                try:
                    return self._hand_over(connection, letter, sender)
                except StaleError:
                    with _nothing_left():
                        connection = self._connections.fresh()
            return self._hand_over(connection, letter, sender)

    def has_taken(self, key: str) -> bool:  # noqa: ARG002 - the same
        """Raise :class:`DoubtError`: there is no way to ask a mail server."""
        raise DoubtError("A mail server cannot be asked whether it took a letter: see its log.")

    def close(self) -> None:
        """Say good-bye; those who are still handing over end what they do."""
        self._connections.close()

    def _hand_over(
        self, connection: SmtpConnection, letter: OutgoingMail, sender: str
    ) -> tuple[RefusedRecipient, ...]:
        try:
            refused = hand_over(connection, letter, sender)
        except (AllRefusedError, NotTakenError, RejectedError) as error:
            connection.reset()
            self._connections.give_back(connection)
            if isinstance(error, ServerRefusedError):
                self._brake.refused(error)
            raise
        except BaseException:
            connection.drop()
            raise
        self._brake.taken()
        self._connections.give_back(connection)
        return refused


@contextmanager
def _nothing_left() -> Iterator[None]:
    try:
        yield
    except NotTakenError:
        raise
    except Exception as error:
        # Of the error its name alone: its words may have the password in them.
        fault = f"by a fault of the site: {type(error).__name__}"
        raise NotTakenError(f"The mail server cannot be connected to, {fault}.") from error

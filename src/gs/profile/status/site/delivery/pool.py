# SPDX-License-Identifier: MIT
"""The connections to the mail server, kept open and shared by threads."""

from collections.abc import Callable
from threading import Lock
from typing import Final

from .connection import SmtpConnection
from .ports import NotTakenError
from .settings import SmtpSettings

# Seconds for which nobody tries again after a failure: sixteen threads are no help to a server
# that is down, and too many wrong log-ins lock an account.
_PAUSE: Final = 1.0
# Servers slow down, and then hang up on, whoever is refused often: Postfix after 10 and 20.
_FAULTS: Final = 8


class ConnectionPool:
    """Gives each thread a connection of its own, a kept one if there is one.

    *clock* counts seconds, and never goes back.
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
        self._kept: list[SmtpConnection] = []
        self._closed = False
        self._trouble = ""
        self._pause_until = clock()

    def take(self) -> SmtpConnection:
        """Return a connection that nobody else has; raise :class:`NotTakenError` where none is.

        Whether a kept one is still alive shows when it is used.
        """
        for connection in self._overdue():
            connection.close()
        return self._newest() or self.fresh()

    def fresh(self) -> SmtpConnection:
        """Return a new connection; raise :class:`NotTakenError` where there is none to be had."""
        with self._lock:
            if self._closed:
                raise NotTakenError("The site is being stopped.")
            if self._clock() < self._pause_until:
                raise NotTakenError(self._trouble)
        try:
            return self._connect()
        except NotTakenError as error:
            with self._lock:
                self._trouble = str(error)
                self._pause_until = self._clock() + _PAUSE
            raise

    def give_back(self, connection: SmtpConnection) -> None:
        """Keep a connection for others, unless it is lost or has done its share."""
        worn = connection.messages >= self._settings.messages or connection.faults >= _FAULTS
        with self._lock:
            keep = not (worn or connection.lost or self._closed)
            if keep:
                connection.kept, connection.idle_since = True, self._clock()
                self._kept.append(connection)
        if not keep:
            connection.close()

    def close(self) -> None:
        """Say good-bye on those that are kept, and keep none from here on."""
        with self._lock:
            self._closed = True
            kept, self._kept = self._kept, []
        for connection in kept:
            connection.close()

    def _overdue(self) -> list[SmtpConnection]:
        since = self._clock() - self._settings.idle
        with self._lock:  # they lie in the order in which they were given back
            count = sum(connection.idle_since <= since for connection in self._kept)
            overdue, self._kept = self._kept[:count], self._kept[count:]
        return overdue

    def _newest(self) -> SmtpConnection | None:
        with self._lock:
            return self._kept.pop() if self._kept else None

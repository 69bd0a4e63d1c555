# SPDX-License-Identifier: MIT
"""The pool of connections to the mail server: kept open, and shared by threads."""

from collections.abc import Callable
from threading import Lock
from typing import Final

from .connection import ConnectError, SmtpConnection
from .settings import SmtpSettings

# Seconds after a failed connection in which no thread tries again. More attempts do not help a
# server that is down, and too many wrong log-ins lock the account.
_PAUSE: Final = 1.0
# Servers slow down, and then disconnect, a client that they refuse often: Postfix after 10 and 20.
_MOST_REFUSALS: Final = 8


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

# SPDX-License-Identifier: MIT
"""Lets one thread wait for its socket and for delayed streams at the same time."""

import contextlib
import socket
from collections import deque
from threading import Thread
from typing import Self

from .host import Host, Turn
from .moves import Delay, Hold
from .wire import ConnectionClosed


class Waker:
    """Wakes the thread of a connection from threads that wait for its streams."""

    def __init__(self) -> None:
        self.reader, self._writer = socket.socketpair()
        self._waiting: list[Thread] = []
        self._ready: deque[tuple[int, Turn]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._waiting:
            thread.join()
        self.reader.close()
        self._writer.close()

    def wake_after(self, host: Host, wait: Delay | Hold, stream: int, turn: Turn) -> None:
        """Wake for the rest of the turn of a stream after the wait."""

        def wake() -> None:
            with contextlib.suppress(ConnectionClosed):
                host.wait(wait)
                self._ready.append((stream, turn))
                self._writer.send(b"!")

        thread = Thread(target=wake, daemon=True)
        self._waiting.append(thread)
        thread.start()

    def answer(self) -> list[tuple[int, Turn]]:
        """Return the streams that are ready, with their turns."""
        return [self._ready.popleft() for _ in self.reader.recv(4096)]

# SPDX-License-Identifier: MIT
"""How a connection's one thread waits for its socket and for its delayed streams alike."""

import contextlib
import socket
from collections import deque
from threading import Thread
from typing import Self

from .host import Host, Turn
from .moves import Delay, Hold
from .wire import Gone


class Bell:
    """Wakes the thread of a connection, from the threads that wait for its streams."""

    def __init__(self) -> None:
        self.hears, self._rope = socket.socketpair()
        self._waiting: list[Thread] = []
        self._rung: deque[tuple[int, Turn]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._waiting:
            thread.join()
        self.hears.close()
        self._rope.close()

    def ring_after(self, host: Host, wait: Delay | Hold, stream: int, turn: Turn) -> None:
        """Ring for what is left of a stream's turn when the wait is over."""

        def ring() -> None:
            with contextlib.suppress(Gone):
                host.wait(wait)
                self._rung.append((stream, turn))
                self._rope.send(b"!")

        thread = Thread(target=ring, daemon=True)
        self._waiting.append(thread)
        thread.start()

    def answer(self) -> list[tuple[int, Turn]]:
        """Return what it has rung for."""
        return [self._rung.popleft() for _ in self.hears.recv(4096)]

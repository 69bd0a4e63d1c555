# SPDX-License-Identifier: MIT
"""A listening socket, with a thread for each connection that it accepts."""

import contextlib
import selectors
import socket
from collections.abc import Callable
from threading import Lock, Thread, current_thread

from limits import LIMIT

from .wire import ConnectionClosed, Wire


class Listener:
    """Calls *serve* in a new thread for each connection, with its number from 1."""

    def __init__(self, host: str, port: int, serve: Callable[[Wire, int], None]) -> None:
        self._serve = serve
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=1024)
        self._waker, self._writer = socket.socketpair()
        self._lock = Lock()
        self._open: dict[Thread, Wire] = {}
        self._accepting = Thread(target=self._accept, name="listener", daemon=True)
        self.accepted = 0
        self.port: int = self._socket.getsockname()[1]
        self._accepting.start()

    def cut(self) -> None:
        """End all connections at once, and keep listening."""
        with self._lock:
            wires = list(self._open.values())
        for wire in wires:
            wire.cut()

    def stop_listening(self) -> None:
        """Accept no more connections; the present ones stay open."""
        self._writer.close()
        self._accepting.join()

    def stop(self) -> None:
        """Stop listening, end all connections, and wait for their threads."""
        self.stop_listening()
        self.cut()
        for thread in list(self._open):
            thread.join(LIMIT)
            if thread.is_alive():
                raise TimeoutError("the thread of a connection does not end")

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector, self._socket, self._waker:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._waker, selectors.EVENT_READ)
            while not any(key.fileobj is self._waker for key, _ in selector.select()):
                self._begin(self._socket.accept()[0])

    def _begin(self, sock: socket.socket) -> None:
        self.accepted += 1
        wire, number = Wire(sock), self.accepted
        thread = Thread(target=self._run, args=(wire, number), daemon=True)
        with self._lock:
            self._open[thread] = wire
        thread.start()

    def _run(self, wire: Wire, number: int) -> None:
        try:
            # A client may disconnect at any time; that is not an error of the server.
            with contextlib.suppress(ConnectionClosed, OSError):
                self._serve(wire, number)
        finally:
            wire.sock.close()
            with self._lock:
                del self._open[current_thread()]

# SPDX-License-Identifier: MIT
"""Distributes connections over several processes in turn, as a reverse proxy does."""

import socket
from collections.abc import Sequence
from contextlib import suppress
from itertools import cycle
from threading import Thread
from typing import Final, Self
from urllib.parse import urlsplit

from limits import LIMIT

_CHUNK: Final = 1 << 16


class LoadBalancer:
    """Listens at *url* during its context; skips processes that do not answer."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._targets = [(parts.hostname, parts.port) for parts in map(urlsplit, urls)]
        self._turns = cycle(range(len(urls)))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        #: The number of connections of each process.
        self.connections = [0] * len(urls)

    def __enter__(self) -> Self:
        Thread(target=self._accept_all, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept_all(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._join(client)

    def _join(self, client: socket.socket) -> None:
        for _ in self._targets:
            turn = next(self._turns)
            with suppress(OSError):
                process = socket.create_connection(self._targets[turn], LIMIT)
                process.settimeout(None)
                self.connections[turn] += 1
                for ends in ((client, process), (process, client)):
                    Thread(target=_carry, args=ends, daemon=True).start()
                return
        client.close()


def _carry(source: socket.socket, target: socket.socket) -> None:
    # The end of one side, also by an error, ends the other.
    with suppress(OSError):
        while octets := source.recv(_CHUNK):
            target.sendall(octets)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
    target.close()

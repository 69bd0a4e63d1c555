# SPDX-License-Identifier: MIT
"""Spreads connections over several processes in turn, as a web server before them does."""

import socket
from collections.abc import Sequence
from contextlib import suppress
from itertools import cycle
from threading import Thread
from typing import Final, Self
from urllib.parse import urlsplit

from limits import LIMIT

_CHUNK: Final = 1 << 16


class Spreading:
    """Listens at *url* while its context lasts; who is not there is passed over."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._there = [(parts.hostname, parts.port) for parts in map(urlsplit, urls)]
        self._turns = cycle(range(len(urls)))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        #: How many connections each process got.
        self.given = [0] * len(urls)

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
        for _ in self._there:
            turn = next(self._turns)
            with suppress(OSError):
                process = socket.create_connection(self._there[turn], LIMIT)
                process.settimeout(None)
                self.given[turn] += 1
                for ends in ((client, process), (process, client)):
                    Thread(target=_carry, args=ends, daemon=True).start()
                return
        client.close()


def _carry(source: socket.socket, target: socket.socket) -> None:
    # One side's end, or its death, is the other's.
    with suppress(OSError):
        while octets := source.recv(_CHUNK):
            target.sendall(octets)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
    target.close()

# SPDX-License-Identifier: MIT
"""A relay to PostgreSQL that loses the answer to a durable commit."""

import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from limits import LIMIT

_NAME = ".s.PGSQL.5432"
_COMMIT = b"COMMIT\0"
# Commits of transactions that only read, or set up a connection, are not lost.
_WRITES = b"INSERT"


@dataclass
class Relay:
    """Forwards all data; loses *lose* answers to commits, each with its connection."""

    folder: Path
    server: Path
    lose: int = 0
    lost: int = 0
    _threads: list[threading.Thread] = field(default_factory=list)

    def url(self, url: str) -> str:
        """Return *url* changed to use this relay."""
        return urlsplit(url)._replace(query=f"host={self.folder}").geturl()

    def run(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self.server / _NAME))
                self._begin(self._ask, client, server)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(LIMIT)

    def _begin(self, work, *ends: socket.socket) -> None:
        thread = threading.Thread(target=work, args=ends, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        deaf = threading.Event()
        answered = threading.Event()
        self._begin(lambda: self._answer(client, server, deaf, answered))
        writes = False
        with suppress(OSError):
            while data := client.recv(65_536):
                writes = writes or _WRITES in data
                if _COMMIT in data and writes and self.lose:
                    self.lose -= 1
                    deaf.set()
                    server.sendall(data)
                    assert answered.wait(LIMIT)
                    self.lost += 1
                    break
                server.sendall(data)
        _close(client, server)

    def _answer(
        self,
        client: socket.socket,
        server: socket.socket,
        deaf: threading.Event,
        answered: threading.Event,
    ) -> None:
        with suppress(OSError):
            while data := server.recv(65_536):
                if deaf.is_set():
                    answered.set()
                    return
                client.sendall(data)
        _close(client, server)


def _close(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def relay(url: str) -> Iterator[Relay]:
    """Yield a relay to the server of *url*, whose host is a folder."""
    (host,) = parse_qs(urlsplit(url).query)["host"]
    # In /tmp, because the path of a socket has at most about a hundred octets.
    folder = Path(tempfile.mkdtemp(prefix="relay-", dir="/tmp"))
    made = Relay(folder, Path(host))
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(folder / _NAME))
            listener.listen(20)
            thread = threading.Thread(target=made.run, args=(listener,), daemon=True)
            thread.start()
            yield made
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(LIMIT)
        made.join()
    finally:
        shutil.rmtree(folder)

# SPDX-License-Identifier: MIT
"""A small site for measurements that nginx cannot do: it can wait, and record events."""

import os
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from benchmarks.nginx import REPLY

from gs.profile.status.hooks import MEMBERS_URI

_HEAD: Final = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"


class Hooks(Protocol):
    """The behaviour of a site."""

    def list_members(self, connection: socket.socket) -> None:
        """Write the complete answer of the members hook to *connection*."""
        ...

    def send(self, arrived: float) -> None:
        """Handle a request that *arrived* at this time; the answer is sent afterwards."""
        ...


@contextmanager
def site(hooks: Hooks, core: int) -> Iterator[str]:
    """Serve *hooks* from threads on *core*, and yield the URL."""

    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            os.sched_setaffinity(0, {core})  # only this thread
            while _answer(self, hooks):
                pass

    with _Server(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            serving.join()


def head(length: int) -> bytes:
    """Return the head of an answer whose body has *length* bytes."""
    return _HEAD.format(length).encode("ascii")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


def _answer(handler: socketserver.StreamRequestHandler, hooks: Hooks) -> bool:
    # Answer one request; return whether there was one.
    try:
        request = handler.rfile.readline()
        arrived = time.perf_counter()
        length = 0
        while (line := handler.rfile.readline()) not in {b"\r\n", b""}:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        handler.rfile.read(length)
        if MEMBERS_URI.encode() in request:
            hooks.list_members(handler.connection)
        elif request:
            hooks.send(arrived)
            handler.wfile.write(head(len(REPLY)) + REPLY)
    except ConnectionError:
        return False
    return bool(request)


def wait_until(moment: float, clock: Callable[[], float] = time.perf_counter) -> None:
    """Wait until *moment* of *clock*; the last millisecond is a busy wait, to be exact."""
    time.sleep(max(0.0, moment - clock() - 0.001))
    while clock() < moment:
        pass

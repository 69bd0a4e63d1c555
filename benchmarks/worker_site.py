# SPDX-License-Identifier: MIT
"""A site with a number of workers, whose speed can change while it runs; it records calls."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from gs.profile.status.hooks import MEMBERS_URI, SEND_URI

_REPLY: Final = json.dumps({"status": 0, "message": "Sent to a member"}).encode()
_REASONS: Final = {200: "OK", 429: "Too Many Requests"}


@dataclass
class Seen:
    """The recorded calls, by the clock of the loop; requests for pages are not calls."""

    in_flight: list[tuple[float, int]] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)


class Workers:
    """Serves in order of arrival: each call and each page takes a worker *service* seconds.

    With *most* calls in flight it refuses further calls. All three can change at any time.
    """

    def __init__(self, members: int, workers: int, service: float, most: int = 1_000_000) -> None:
        self.workers = workers
        self.service = service
        self.most = most
        self.seen = Seen()
        #: Set after the first call of the send hook.
        self.called = asyncio.Event()
        self._members = json.dumps([f"member{number}" for number in range(members)]).encode()
        self._queue: deque[Callable[[], None]] = deque()
        self._busy = 0
        self._in_flight = 0

    async def serve(self) -> tuple[asyncio.Server, str]:
        """Listen; return the server and the URL."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=512)
        return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def asked(self, path: str, answer: Callable[[int, bytes], None]) -> None:
        """Accept a request for *path*; call *answer* when it is served."""
        if path == MEMBERS_URI:
            answer(200, self._members)
        elif path != SEND_URI:
            self._queue.append(lambda: answer(200, _REPLY))
        elif self._in_flight >= self.most:
            self.seen.refused.append(asyncio.get_running_loop().time())
            answer(429, b"")
        else:
            self.called.set()
            self._count(1)
            self._queue.append(partial(self._end_call, answer))
        self._serve_next()

    def _serve_next(self) -> None:
        while self._queue and self._busy < self.workers:
            self._busy += 1
            end = self._queue.popleft()
            asyncio.get_running_loop().call_later(self.service, self._end, end)

    def _end(self, end: Callable[[], None]) -> None:
        self._busy -= 1
        end()
        self._serve_next()

    def _end_call(self, answer: Callable[[int, bytes], None]) -> None:
        self._count(-1)
        self.seen.answered.append(asyncio.get_running_loop().time())
        answer(200, _REPLY)

    def _count(self, more: int) -> None:
        self._in_flight += more
        self.seen.in_flight.append((asyncio.get_running_loop().time(), self._in_flight))


class _Connection(asyncio.Protocol):
    """The part of HTTP/1.1 that sendprofile and the probe use."""

    def __init__(self, site: Workers) -> None:
        self._site = site
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - it is a TCP connection
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in lines[1:] if b": " in line)
        length = int(fields.get(b"content-length", b"0"))
        if end and len(body) >= length:
            self._data = body[length:]
            self._site.asked(lines[0].split()[1].decode(), self._answer)

    def _answer(self, status: int, body: bytes) -> None:
        head = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n"
        self._transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

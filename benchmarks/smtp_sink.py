# SPDX-License-Identifier: MIT
"""A mail server that accepts and discards all mails and uses little CPU.

``python -m benchmarks.smtp_sink --port 0`` prints its port, and after SIGTERM or SIGINT the
numbers of mails, octets and connections. With ``--status FILE`` it also writes them as JSON to
the file four times a second.
"""

import argparse
import asyncio
import json
import signal
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

_HOST: Final = "127.0.0.1"
_EVERY: Final = 0.25
_END: Final = b"\r\n.\r\n"
_EHLO: Final = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE\r\n"
_REPLIES: Final = {
    b"EHLO": _EHLO,
    b"HELO": b"250 sink\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}
_OK: Final = b"250 ok\r\n"


@dataclass(slots=True)
class Counts:
    """The totals so far."""

    mails: int = 0
    octets: int = 0
    connections: int = 0


class Sink(asyncio.Protocol):
    """One connection: accepts every command, and waits for the final dot after DATA."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._pending = b""
        self._in_text = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the greeting."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - the type of a TCP one
        self._transport = transport
        self._counts.connections += 1
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Read a part of a mail, or one or more commands."""
        if not self._in_text:
            data = self._answer(self._pending + data)
            self._pending = b""
        if self._in_text:
            self._read_mail(data)
        else:
            self._pending = data

    def _answer(self, data: bytes) -> bytes:
        replies = []
        while not self._in_text and b"\r\n" in data:
            line, _, data = data.partition(b"\r\n")
            verb = line[:4].upper()
            replies.append(_REPLIES.get(verb, _OK))
            self._in_text = verb == b"DATA"
        self._transport.write(b"".join(replies))
        return data

    def _read_mail(self, data: bytes) -> None:
        self._counts.octets += len(data)
        # A part may end within the end mark.
        tail = self._pending + data[-len(_END) :]
        if tail.endswith(_END):
            self._counts.mails += 1
            self._pending, self._in_text = b"", False
            self._transport.write(_OK)
        else:
            self._pending = tail[-len(_END) :]


async def run(port: int, status: Path | None) -> Counts:
    """Serve until a signal; return the totals."""
    counts, stop, loop = Counts(), asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: Sink(counts), _HOST, port)
    print(server.sockets[0].getsockname()[1], flush=True)
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _EVERY if status else None)
        write(counts, status)
    server.close()
    return counts


def write(counts: Counts, status: Path | None) -> None:
    """Write the totals to the file, if one is given."""
    if status:
        status.write_text(json.dumps(asdict(counts)), "utf-8")


def main() -> None:
    """Run the sink."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--status", type=Path)
    options = parser.parse_args()
    counts = asyncio.run(run(options.port, options.status))
    print(json.dumps(asdict(counts)))


if __name__ == "__main__":
    main()

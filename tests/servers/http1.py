# SPDX-License-Identifier: MIT
"""One HTTP/1.1 connection (RFC 9112)."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from .answers import Answer, reason
from .host import Host, Turn
from .moves import Arrival, Chunks, Close, Delay, Fault, Hold, Move, Part, Point, Raw, Reset, Say
from .request import Request
from .wire import ConnectionClosed, NotHttpError, Wire

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def serve(host: Host, wire: Wire, connection: int) -> None:
    """Answer the requests of a connection until it ends.

    Raises :class:`~servers.wire.ConnectionClosed` or OSError when the client disconnects first.
    """
    number = 0
    going = True
    while going:
        number += 1
        try:
            asked = _read_head(wire.read_head(), connection, number)
        except NotHttpError:
            wire.send(b"".join(_written(Answer.page(400), bare=False)))
            wire.finish(polite=True)
            return
        going = _answer(host, wire, asked)


def _read_head(head: bytes, connection: int, number: int) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, version = first.split(" ")
    headers = [line.partition(":") for line in lines]
    pairs = tuple((name, value.strip()) for name, _, value in headers)
    return Request(method, target, version, pairs, connection, number, time.monotonic())


def _answer(host: Host, wire: Wire, asked: Request) -> bool:
    """Handle one request; return whether the connection continues."""
    behaviour = host.behaviour(asked)
    if isinstance(behaviour, Fault) and behaviour.point is Point.HEADERS:
        return play(host, wire, host.interrupt(asked, behaviour))
    chunked = asked.header("Transfer-Encoding") is not None
    if not chunked:
        asked = _read_body(host, wire, asked)
    return play(host, wire, host.take(asked, behaviour))


def _read_body(host: Host, wire: Wire, asked: Request) -> Request:
    if (asked.header("Expect") or "").lower() == "100-continue":
        wire.send(_CONTINUE)
    try:
        body = wire.read(int(asked.header("Content-Length") or 0))
    except (ConnectionClosed, OSError):
        host.lose(asked)
        raise
    return replace(asked, body=body, whole=True)


def play(host: Host, wire: Wire, turn: Turn) -> bool:
    """Make the moves of *turn*; return whether the connection continues."""
    player = _Player(host, wire, turn)
    return all(player.play(move) for move in turn.moves)


@dataclass(frozen=True, slots=True)
class _Player:
    """Makes the moves of one turn; each returns whether the connection continues."""

    host: Host
    wire: Wire
    turn: Turn

    def play(self, move: Move) -> bool:
        match move:
            case Say(answer):
                return self._say(answer or self.turn.usual)
            case Part(share, answer):
                self._part(share, answer or self.turn.usual)
            case Chunks(share, answer):
                self._chunks(share, answer or self.turn.usual)
            case Raw(data):
                self.wire.send(data)
            case Delay() | Hold():
                self.host.wait(move)
            case Arrival():
                self.wire.await_bytes()
            case Close(polite):
                self.wire.finish(polite=polite)
                return False
            case Reset():
                self.wire.reset()
                return False
            case _:
                raise ValueError(f"HTTP/1.1 has no {move}")
        return True

    def _say(self, answer: Answer) -> bool:
        bare = self.turn.request.method == "HEAD" or answer.status in {204, 304}
        for data in _written(answer, bare=bare):
            self.wire.send(data)
        if _is_last(self.turn.request, answer):
            self.wire.finish(polite=True)
            return False
        return True

    def _part(self, share: float, answer: Answer) -> None:
        body = b"".join(answer.pieces)
        self.wire.send(_head(answer, len(body)) + body[: int(len(body) * share)])

    def _chunks(self, share: float, answer: Answer) -> None:
        body = b"".join(answer.pieces)
        self.wire.send(_head(answer, None) + _chunk(body[: int(len(body) * share)]))


def _is_last(asked: Request, answer: Answer) -> bool:
    said = ((asked.header("Connection") or "") + "," + (answer.header("Connection") or "")).lower()
    return "close" in said or (asked.version == "HTTP/1.0" and "keep-alive" not in said)


def _written(answer: Answer, *, bare: bool) -> Iterator[bytes]:
    if isinstance(answer.body, bytes):
        yield _head(answer, len(answer.body)) + (b"" if bare else answer.body)
    elif answer.header("Content-Length") is not None:
        yield _head(answer, None)
        yield from answer.pieces
    else:
        yield _head(answer, None)
        yield from _chunked(answer.pieces)


def _head(answer: Answer, length: int | None) -> bytes:
    """Return the status line and headers; a *length* of None is a body in chunks."""
    lines = [f"HTTP/1.1 {answer.status} {reason(answer.status)}", "Server: Zope ZServer/1.1"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if answer.header("Content-Length") is None:
        chunks = "Transfer-Encoding: chunked"
        lines.append(chunks if length is None else f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield _chunk(piece)
    yield b"0\r\n\r\n"


def _chunk(piece: bytes) -> bytes:
    # An empty chunk would be the last one.
    return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""

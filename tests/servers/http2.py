# SPDX-License-Identifier: MIT
"""One HTTP/2 connection (RFC 9113)."""

import contextlib
import selectors
import ssl
import time
from dataclasses import replace

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset, WindowUpdated
from h2.exceptions import StreamClosedError, StreamIDTooLowError
from hyperframe.frame import GoAwayFrame

from .answers import Answer
from .host import Host, Turn
from .moves import (
    Close,
    Delay,
    Fault,
    GoAway,
    Hold,
    Move,
    Part,
    Point,
    Raw,
    Reset,
    ResetStream,
    Say,
)
from .request import Request
from .waker import Waker
from .wire import Wire

#: Headers of HTTP/1.1 that HTTP/2 forbids (RFC 9113, 8.2.2).
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding"})


def serve(host: Host, wire: Wire, connection: int) -> None:
    """Answer the streams of a connection concurrently until it ends.

    Raises :class:`~servers.wire.ConnectionClosed` or OSError when the client disconnects first.
    """
    with Waker() as waker:
        _Connection(host, wire, connection, waker).serve()


class _Connection:
    """Handles the connection in one thread, as TLS requires."""

    def __init__(self, host: Host, wire: Wire, number: int, waker: Waker) -> None:
        self._host, self._wire, self._number, self._waker = host, wire, number, waker
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._asked: dict[int, tuple[Request, Fault | object]] = {}
        self._bodies: dict[int, bytearray] = {}
        self._unsent: dict[int, tuple[bytes, bool]] = {}
        self._count = 0
        self._is_over = False

    def serve(self) -> None:
        self._h2.initiate_connection()
        self._transmit()
        with selectors.DefaultSelector() as selector:
            selector.register(self._wire.sock, selectors.EVENT_READ)
            selector.register(self._waker.reader, selectors.EVENT_READ)
            while not self._is_over:
                self._step(selector)

    def _step(self, selector: selectors.BaseSelector) -> None:
        ready = [key.fileobj for key, _ in selector.select()]
        if self._waker.reader in ready:
            for stream, turn in self._waker.answer():
                self._play(stream, turn)
        if self._wire.sock in ready and not self._is_over:
            self._read()
        if not self._is_over:
            self._transmit()

    def _read(self) -> None:
        data = self._wire.receive()
        while isinstance(self._wire.sock, ssl.SSLSocket) and self._wire.sock.pending():
            data += self._wire.receive()
        for event in self._h2.receive_data(data):
            if not self._is_over:
                self._happen(event)

    def _happen(self, event: Event) -> None:
        match event:
            case RequestReceived():
                self._begin(event)
            case DataReceived():
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                if event.stream_id in self._bodies:
                    self._bodies[event.stream_id] += event.data
            case StreamEnded():
                self._end(event.stream_id)
            case StreamReset():
                self._forget(event.stream_id)
            case WindowUpdated():
                for stream in list(self._unsent):
                    self._flush(stream)

    def _begin(self, event: RequestReceived) -> None:
        self._count += 1
        head = [(str(name), str(value)) for name, value in event.headers]
        pseudo = dict(head)
        pairs = (("host", pseudo.get(":authority", "")),)
        pairs += tuple((name, value) for name, value in head if not name.startswith(":"))
        target = pseudo[":path"]
        now = time.monotonic()
        asked = Request(pseudo[":method"], target, "HTTP/2", pairs, self._number, self._count, now)
        behaviour = self._host.behaviour(asked)
        if isinstance(behaviour, Fault) and behaviour.point is Point.HEADERS:
            self._play(event.stream_id, self._host.interrupt(asked, behaviour))
        else:
            self._asked[event.stream_id] = asked, behaviour
            self._bodies[event.stream_id] = bytearray()

    def _end(self, stream: int) -> None:
        if stream not in self._asked:
            return
        asked, behaviour = self._asked.pop(stream)
        asked = replace(asked, body=bytes(self._bodies.pop(stream)), whole=True)
        self._play(stream, self._host.take(asked, behaviour))

    def _forget(self, stream: int) -> None:
        self._unsent.pop(stream, None)
        self._bodies.pop(stream, None)
        if stream in self._asked:
            self._host.lose(self._asked.pop(stream)[0])

    def _play(self, stream: int, turn: Turn) -> None:
        for position, move in enumerate(turn.moves):
            if self._is_over:
                return
            if isinstance(move, Delay | Hold):
                rest = replace(turn, moves=turn.moves[position + 1 :])
                self._waker.wake_after(self._host, move, stream, rest)
                return
            self._make(stream, turn, move)

    def _make(self, stream: int, turn: Turn, move: Move) -> None:
        match move:
            case Say(answer):
                self._say(stream, turn, answer or turn.usual, 1)
            case Part(share, answer):
                self._say(stream, turn, answer or turn.usual, share)
            case Raw(data):
                self._transmit()
                self._wire.send(data)
            case ResetStream(code):
                self._h2.reset_stream(stream, code)
            case GoAway(behind, code):
                self._go_away(max(stream - 2 * behind, 0), code)
            case Close(polite):
                self._transmit()
                self._is_over = True
                self._wire.finish(polite=polite)
            case Reset():
                self._transmit()
                self._is_over = True
                self._wire.reset()
            case _:
                raise ValueError(f"HTTP/2 has no {move}")

    def _say(self, stream: int, turn: Turn, answer: Answer, share: float) -> None:
        body = b"".join(answer.pieces)
        head = [(name.lower(), value) for name, value in answer.headers]
        head = [(name, value) for name, value in head if name not in _HOP_BY_HOP]
        if answer.header("Content-Length") is None:
            head.append(("content-length", str(len(body))))
        sent = b"" if turn.request.method == "HEAD" else body[: int(len(body) * share)]
        # The client may have cancelled the stream meanwhile; h2 has two errors for that.
        with contextlib.suppress(StreamClosedError, StreamIDTooLowError):
            self._h2.send_headers(stream, [(":status", str(answer.status)), *head])
            self._unsent[stream] = sent, share == 1
            self._flush(stream)

    def _flush(self, stream: int) -> None:
        data, ends = self._unsent[stream]
        while data:
            window = self._h2.local_flow_control_window(stream)
            size = min(len(data), window, self._h2.max_outbound_frame_size)
            if size <= 0:
                self._unsent[stream] = data, ends
                return
            self._h2.send_data(stream, data[:size])
            data = data[size:]
        del self._unsent[stream]
        if ends:
            self._h2.end_stream(stream)

    def _go_away(self, last: int, code: int) -> None:
        self._transmit()
        # The method of h2 would end its connection too, and with it later answers.
        self._wire.send(GoAwayFrame(0, last_stream_id=last, error_code=code).serialize())

    def _transmit(self) -> None:
        if data := self._h2.data_to_send():
            self._wire.send(data)

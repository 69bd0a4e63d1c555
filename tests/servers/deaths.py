# SPDX-License-Identifier: MIT
"""Every way in which a connection can end during a request, before the answer."""

from typing import Final

from h2.errors import ErrorCodes

from .faults import GARBAGE
from .moves import Arrival, Chunks, Close, Fault, GoAway, Part, Point, Raw, Reset, ResetStream

_CONTINUE = Raw(b"HTTP/1.1 100 Continue\r\n\r\n")
_EARLY = Point.HEADERS

#: The ways of a TCP connection, whatever its protocol.
_BOTH: Final = (
    Fault("closed after the headers", (Close(),), _EARLY),
    Fault("reset after the headers", (Reset(),), _EARLY),
    Fault("closed after the body", (Close(),)),
    Fault("closed politely after the body", (Close(polite=True),)),
    Fault("reset after the body", (Reset(),)),
    Fault("closed after the headers of the answer", (Part(0), Close())),
    Fault("closed politely after the headers of the answer", (Part(0), Close(polite=True))),
    Fault("reset after the headers of the answer", (Part(0), Reset())),
    Fault("closed in the body of the answer", (Part(0.5), Close())),
    Fault("reset in the body of the answer", (Part(0.5), Reset())),
    Fault("garbage for an answer", (Raw(GARBAGE), Close())),
)

HTTP1: Final = (
    *_BOTH,
    Fault("closed in the status line", (Raw(b"HTTP/1.1 2"), Close())),
    Fault("reset in the status line", (Raw(b"HTTP/1.1 2"), Reset())),
    Fault("closed in the headers", (Raw(b"HTTP/1.1 200 OK\r\nContent-"), Close())),
    Fault("closed in the chunks", (Chunks(0.5), Close())),
    Fault("reset in the chunks", (Chunks(0.5), Reset())),
    Fault("closed after 100 Continue", (_CONTINUE, Close())),
    Fault("reset after 100 Continue", (_CONTINUE, Reset())),
)


def _stream(code: ErrorCodes, point: Point = Point.BODY) -> Fault:
    return Fault(f"{code.name}, {point.value}", (ResetStream(code),), point)


HTTP2: Final = (
    *_BOTH,
    _stream(ErrorCodes.REFUSED_STREAM),
    _stream(ErrorCodes.REFUSED_STREAM, _EARLY),
    _stream(ErrorCodes.INTERNAL_ERROR),
    _stream(ErrorCodes.INTERNAL_ERROR, _EARLY),
    _stream(ErrorCodes.CANCEL),
    _stream(ErrorCodes.NO_ERROR),
    _stream(ErrorCodes.HTTP_1_1_REQUIRED),
    Fault("CANCEL in the body of the answer", (Part(0.5), ResetStream(ErrorCodes.CANCEL))),
    Fault("GOAWAY below this stream, closed", (GoAway(1), Close())),
    Fault("GOAWAY below this stream, kept", (GoAway(1),)),
    Fault("GOAWAY below this stream, early", (GoAway(1), Close()), _EARLY),
    Fault("GOAWAY with this stream, closed", (GoAway(0), Close())),
    Fault("GOAWAY with this stream, reset", (GoAway(0), Reset())),
    Fault("GOAWAY with an error, closed", (GoAway(0, ErrorCodes.INTERNAL_ERROR), Close())),
)

#: By the HTTP version of the client; for ``on_send`` of a server.
DEATHS: Final = {"HTTP/1.1": HTTP1, "HTTP/2": HTTP2}

#: Connections that end before anything is read, with TLS in the handshake: for
#: ``on_connection`` of a server. If they ended sooner, the client might not connect at all.
STILLBIRTHS: Final = (
    Fault("closed, nothing read", (Arrival(), Close()), Point.ACCEPT),
    Fault("reset, nothing read", (Arrival(), Reset()), Point.ACCEPT),
)

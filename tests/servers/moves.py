# SPDX-License-Identifier: MIT
"""The moves of a server on a connection, and the faults that are made of them, as data."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from threading import Event

from .answers import Answer
from .request import Request


class Point(Enum):
    """How far a request was read when a fault begins."""

    ACCEPT = "accepted"
    HEADERS = "headers read"
    BODY = "body read"


@dataclass(frozen=True, slots=True)
class Say:
    """Give *answer*, wholly; None is the answer that the site would give."""

    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Give a *share* of the body, 0 to 1, behind headers that promise all of it."""

    share: float
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Chunks:
    """Give a *share* of the body in chunks, without the last one; HTTP/1.1 only."""

    share: float
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Put *data* on the wire."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait, in seconds, or until the server stops."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Wait until *released* is set, or until the server stops."""

    released: Event


@dataclass(frozen=True, slots=True)
class Arrival:
    """Wait until the first bytes of the client are there, and read none; HTTP/1.1 only."""


@dataclass(frozen=True, slots=True)
class Close:
    """End the stream of bytes (FIN), without a TLS goodbye unless *polite*."""

    polite: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """Break the connection (RST)."""


@dataclass(frozen=True, slots=True)
class ResetStream:
    """Break one stream of an HTTP/2 connection (RFC 9113, 6.4) with an error *code*."""

    code: int


@dataclass(frozen=True, slots=True)
class GoAway:
    """Announce the end of an HTTP/2 connection (RFC 9113, 6.8).

    *behind* says how many streams, this one included, are declared never to have been worked on.
    """

    behind: int
    code: int = 0


Move = Say | Part | Chunks | Raw | Delay | Hold | Arrival | Close | Reset | ResetStream | GoAway


@dataclass(frozen=True, slots=True)
class Fault:
    """What a server does instead of answering, from a *point* in the request on.

    Where the body was read the site did its work before, and mailed the member: a client that
    goes away does not stop it. *works* False is a fault that comes before the site's work.
    """

    name: str
    moves: tuple[Move, ...]
    point: Point = Point.BODY
    works: bool = True


#: What a server is told to do: an answer, a fault, a status number of the send hook, or a
#: function that chooses one of these (None: as usual) when the request is there.
Behaviour = Answer | Fault | int | Callable[[Request], "Behaviour | None"]

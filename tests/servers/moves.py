# SPDX-License-Identifier: MIT
"""The moves of a server on a connection, and faults composed of them, as data."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from threading import Event

from .answers import Answer
from .request import Request


class Point(Enum):
    """How much of a request is read before a fault."""

    ACCEPT = "accepted"
    HEADERS = "headers read"
    BODY = "body read"


@dataclass(frozen=True, slots=True)
class Say:
    """Send the complete *answer*; None is the usual answer of the site."""

    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Send a *share* of the body, 0 to 1, after the headers of the whole answer."""

    share: float
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Chunks:
    """Send a *share* of the body in chunks, without the last one; HTTP/1.1 only."""

    share: float
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Send *data* unchanged."""

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
    """Wait for the first bytes of the client, and read none; HTTP/1.1 only."""


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

    *behind* is the number of streams, including this one, that are declared as not processed.
    """

    behind: int
    code: int = 0


Move = Say | Part | Chunks | Raw | Delay | Hold | Arrival | Close | Reset | ResetStream | GoAway


@dataclass(frozen=True, slots=True)
class Fault:
    """The moves of a server in place of the usual answer, from a *point* in the request on.

    If the body was read, the site has done its work and mailed the member, even if the client
    disconnects. With *works* False the fault comes before the work of the site.
    """

    name: str
    moves: tuple[Move, ...]
    point: Point = Point.BODY
    works: bool = True


#: The behaviour of a server: an answer, a fault, a status number of the send hook, or a
#: function that chooses one of these (None: the usual answer) for a request.
Behaviour = Answer | Fault | int | Callable[[Request], "Behaviour | None"]

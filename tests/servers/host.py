# SPDX-License-Identifier: MIT
"""The interface of a server for its connections, for each HTTP version."""

from dataclasses import dataclass
from typing import Protocol

from .answers import Answer
from .moves import Behaviour, Delay, Fault, Hold, Move
from .request import Request


@dataclass(frozen=True, slots=True)
class Turn:
    """The moves for one request; *usual* is the answer of a move without its own."""

    request: Request
    usual: Answer
    moves: tuple[Move, ...]


class Host(Protocol):
    """A server as seen by its connections."""

    def behaviour(self, asked: Request) -> Behaviour | None:
        """Return the scripted behaviour for a request of which only the headers are read."""

    def interrupt(self, asked: Request, fault: Fault) -> Turn:
        """Record a request whose body is not read, and return the turn."""

    def take(self, asked: Request, behaviour: Behaviour | None) -> Turn:
        """Record a complete request, do the work of the site, and return the turn."""

    def lose(self, asked: Request) -> None:
        """Record a request with an incomplete body."""

    def wait(self, move: Delay | Hold) -> None:
        """Wait as in *move*; raise :class:`~servers.wire.ConnectionClosed` if the server stops."""

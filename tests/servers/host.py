# SPDX-License-Identifier: MIT
"""What a connection asks of the server that it belongs to, whichever HTTP it speaks."""

from dataclasses import dataclass
from typing import Protocol

from .answers import Answer
from .moves import Behaviour, Delay, Fault, Hold, Move
from .request import Request


@dataclass(frozen=True, slots=True)
class Turn:
    """What to do about one request: *usual* is what a move without an answer of its own says."""

    request: Request
    usual: Answer
    moves: tuple[Move, ...]


class Host(Protocol):
    """A server, as its connections see it."""

    def behaviour(self, asked: Request) -> Behaviour | None:
        """Return what was scripted for this request, of which only the headers are known."""

    def interrupt(self, asked: Request, fault: Fault) -> Turn:
        """Record a request whose body is not read, and return what to do."""

    def take(self, asked: Request, behaviour: Behaviour | None) -> Turn:
        """Record a whole request, do the site's work, and return what to do."""

    def lose(self, asked: Request) -> None:
        """Record a request that broke off in its body."""

    def wait(self, move: Delay | Hold) -> None:
        """Wait as the move says; raise :class:`~servers.wire.Gone` when the server stops first."""

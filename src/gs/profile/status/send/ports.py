# SPDX-License-Identifier: MIT
"""What a run needs of the world, declared where it is used: a site, a ledger, a reporter."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from .model import Attempt, Claim, MemberId, Outcome, StopCause, Tally


class Site(Protocol):
    """The two hooks."""

    def members(self) -> Iterator[MemberId]:
        """Yield the members as the site lists them, while the list is still arriving.

        Raises one of :mod:`~gs.profile.status.send.errors` where the list cannot be had whole:
        what was yielded before is then not to be relied upon.
        """
        ...

    def begin(self, claim: Claim) -> None:
        """Begin to call the send hook for *claim*, and return at once."""
        ...

    def attempts(self, timeout: float) -> list[Attempt]:
        """Wait for calls to end and return those that did, after *timeout* seconds at most.

        Returns early, perhaps with nothing, when the run is asked to stop.
        """
        ...


class Ledger(Protocol):
    """Who is in the run, and what became of each."""

    def enrol(self, members: Iterable[MemberId]) -> int:
        """Add *members*, each once, all or none; return how many are waiting."""
        ...

    def claim(self, limit: int) -> list[Claim]:
        """Mark up to *limit* waiting members as being sent to, and return them."""
        ...

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record the verdicts on what was claimed."""
        ...

    def recover(self) -> int:
        """Make unknown what was claimed and never settled; return how many that were."""
        ...

    def tally(self) -> Tally:
        """Return the counts of the run."""
        ...

    def unsettled(self, limit: int) -> list[Outcome]:
        """Return up to *limit* members that failed or are unknown."""
        ...


class Reporter(Protocol):
    """Whoever wants to know how the run goes."""

    def retrieving(self) -> None:
        """Hear that the list of members is asked for."""
        ...

    def retrieved(self, waiting: int) -> None:
        """Hear that the list is there, and how many members wait."""
        ...

    def claimed(self, claims: Sequence[Claim]) -> None:
        """Hear to whom is being sent."""
        ...

    def settled(self, outcomes: Sequence[Outcome]) -> None:
        """Hear verdicts."""
        ...

    def tick(self) -> None:
        """Hear that time has passed; called a few times a second."""
        ...

    def stopping(self, cause: StopCause, in_flight: int) -> None:
        """Hear that no more is begun, and how many calls are still waited for."""
        ...

    def finished(self, tally: Tally, seconds: float) -> None:
        """Hear that the run is over, with its counts and the time it took."""
        ...

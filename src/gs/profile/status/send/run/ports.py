# SPDX-License-Identifier: MIT
"""What a run needs of the world, declared where it is used: a site, a ledger, a reporter."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from .model import (
    Attempt,
    Claim,
    MemberId,
    Outcome,
    RecordedOutcome,
    Run,
    Selection,
    StopCause,
    Tally,
)


class Site(Protocol):
    """The two hooks."""

    @property
    def key_lifetime(self) -> int:
        """For how many seconds the site remembers a key, 0 where it does not honour them.

        It is known once the members have been listed.
        """
        ...

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
    """Who is in a run, and what became of each.

    What a verb has done when it returns outlasts the process, and the machine's power. Each raises
    :class:`~gs.profile.status.send.errors.LedgerError` where it could not be done, and then
    it was not done at all.
    """

    def recover(self) -> int:
        """Make unknown what was claimed and never settled; return how many that were."""
        ...

    def enrol(self, members: Iterable[MemberId]) -> int:
        """Make *members* those of the run, each once: all of them, or none if they break off.

        Who was in the run, waits or failed, and is not among them any more, is skipped; returns
        how many these are. Raises :class:`~gs.profile.status.send.errors.ProtocolError`
        where nobody is left in a run that is not settled: that is a site in trouble.
        """
        ...

    def line_up(self, choice: Selection, key_lifetime: int) -> int:
        """Let those of *choice* who are not settled wait to be claimed; return how many do.

        Those are who waits, who failed, and who is unknown where calling again is safe: the site
        remembers keys for *key_lifetime* seconds, did so then, and has not forgotten it since.
        Raises :class:`~gs.profile.status.send.errors.NotListedError` where *choice* names
        somebody whom the site does not list.
        """
        ...

    def claim(self, limit: int, outcomes: Sequence[Outcome] = ()) -> list[Claim]:
        """Mark up to *limit* of those lined up as being sent to, and return them.

        In the same durable change it does with *outcomes* what :meth:`settle` does.
        """
        ...

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record the verdicts on what was claimed; what is to be tried *again* is lined up."""
        ...

    def tally(self, only: frozenset[MemberId] | None = None) -> Tally:
        """Return the counts of the run, or those of some members."""
        ...

    def unsettled(
        self, limit: int | None = None, only: frozenset[MemberId] | None = None
    ) -> Iterator[RecordedOutcome]:
        """Yield members that failed or are unknown, up to *limit*, perhaps only some."""
        ...

    def repeatable(self, only: frozenset[MemberId] | None = None) -> int:
        """Return how many of those in doubt have keys that a site may remember."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """What a ledger has of a run: *began* and *ended* are seconds since the epoch.

    *ended* is ``None`` where the last of the *invocations* has not ended, or was killed; *cause*
    is why it stopped, if it did before everybody was settled. *listed* is whether the site's list
    has ever come.
    """

    run: Run
    ledger: Ledger
    listed: bool
    invocations: int
    began: float
    ended: float | None
    cause: str | None


class Reporter(Protocol):
    """Whoever wants to know how the run goes."""

    def retrieving(self) -> None:
        """Hear that the list of members is asked for."""
        ...

    def retrieved(self, waiting: int, left: int) -> None:
        """Hear that the list is there, how many members wait, and how many have *left* it."""
        ...

    def claimed(self, claims: Sequence[Claim]) -> None:
        """Hear to whom is being sent."""
        ...

    def settled(self, outcomes: Sequence[Outcome]) -> None:
        """Hear verdicts."""
        ...

    def pausing(self, cause: StopCause, seconds: float) -> None:
        """Hear that nothing is begun for so long, and why."""
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

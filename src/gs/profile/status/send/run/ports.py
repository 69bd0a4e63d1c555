# SPDX-License-Identifier: MIT
"""The ports of a run: a site, a ledger, a reporter."""

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
        """For how many seconds the site remembers a key, 0 if it does not honour keys.

        It is known after :meth:`members`.
        """
        ...

    def members(self) -> Iterator[MemberId]:
        """Yield the members in the order of the site, while the list is still arriving.

        Raises one of :mod:`~gs.profile.status.send.errors` if the list is not complete. Then the
        members before the error must not be used.
        """
        ...

    def begin(self, claim: Claim) -> None:
        """Begin a call of the send hook for *claim*, and return at once."""
        ...

    def attempts(self, timeout: float) -> list[Attempt]:
        """Return the calls that ended, after waiting for one for at most *timeout* seconds.

        Returns early, perhaps without any, when a signal asks the run to stop.
        """
        ...


class Ledger(Protocol):
    """The members of a run, with their verdicts.

    Each change is durable when the method returns: it survives a kill and a power cut. A method
    that raises :class:`~gs.profile.status.send.errors.LedgerError` has changed nothing.
    """

    def recover(self) -> int:
        """Make claims without a verdict unknown; return how many there were."""
        ...

    def enrol(self, members: Iterable[MemberId]) -> int:
        """Make *members* those of the run, each once: all of them, or none if an error occurs.

        Members of the run who wait or failed, and are not listed any more, are skipped. Returns
        how many these were. Raises :class:`~gs.profile.status.send.errors.ProtocolError` if the
        list is empty and the run is incomplete: the site does not work correctly.
        """
        ...

    def queue(self, selection: Selection, key_lifetime: int) -> int:
        """Queue the members of *selection* without a final verdict; return how many there are.

        These are the members who wait, who failed, and who are unknown if it is safe to repeat the
        call: the site remembers keys for *key_lifetime* seconds, did so then, and has not
        forgotten this one. Raises :class:`~gs.profile.status.send.errors.NotListedError` if
        *selection* names a member whom the site does not list.
        """
        ...

    def claim(self, limit: int, outcomes: Sequence[Outcome] = ()) -> list[Claim]:
        """Claim up to *limit* queued members, and return the claims.

        The same durable change records *outcomes*, as :meth:`record` does.
        """
        ...

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Record the verdicts on claims, and queue the members that are to be tried *again*."""
        ...

    def tally(self, only: frozenset[MemberId] | None = None) -> Tally:
        """Return the counts of the run, or of some members."""
        ...

    def unresolved(
        self, limit: int | None = None, only: frozenset[MemberId] | None = None
    ) -> Iterator[RecordedOutcome]:
        """Yield members who failed or are unknown, up to *limit*, or only some of them."""
        ...

    def repeatable(self, only: frozenset[MemberId] | None = None) -> int:
        """Return how many unknown members have a key that the site may remember."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """A run in a ledger: *began* and *ended* are seconds since the epoch.

    *ended* is ``None`` if the last of the *invocations* is still running, or was killed. *cause*
    is why it stopped early, if it did. *listed* is whether the list of the site has ever arrived.
    """

    run: Run
    ledger: Ledger
    listed: bool
    invocations: int
    began: float
    ended: float | None
    cause: str | None


class Reporter(Protocol):
    """Reports the progress of a run."""

    def retrieving(self) -> None:
        """Report that the site is asked for the list of members."""
        ...

    def retrieved(self, waiting: int, removed: int) -> None:
        """Report the list: how many members wait, and how many were *removed* from it."""
        ...

    def claimed(self, claims: Sequence[Claim]) -> None:
        """Report the members that calls begin for."""
        ...

    def recorded(self, outcomes: Sequence[Outcome]) -> None:
        """Report verdicts."""
        ...

    def pausing(self, cause: StopCause, seconds: float) -> None:
        """Report a pause of so many seconds, and why."""
        ...

    def tick(self) -> None:
        """Report that time has passed; called a few times a second."""
        ...

    def stopping(self, cause: StopCause, in_flight: int) -> None:
        """Report that no more calls begin, and how many are still in flight."""
        ...

    def finished(self, tally: Tally, seconds: float) -> None:
        """Report the end of the run, with its counts and its duration."""
        ...

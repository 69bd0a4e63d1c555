# SPDX-License-Identifier: MIT
"""A ledger in memory, which the tests compare with the one in SQLite."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from gs.profile.status.send.ledger.queue import not_claimed_error
from gs.profile.status.send.ledger.temporary import (
    RUN_ABANDONED,
    empty_list_error,
    not_listed_error,
)
from gs.profile.status.send.run.model import (
    CLOCK_SKEW,
    KEY_MARGIN,
    NO_ANSWER,
    NO_LONGER_LISTED,
    Claim,
    MemberId,
    Outcome,
    RecordedOutcome,
    Selection,
    Tally,
    Verdict,
    usable_lifetime,
)

_FINAL: Final = (Verdict.SENT, Verdict.SKIPPED)
_DOUBTFUL: Final = (Verdict.SENDING, Verdict.UNKNOWN)
_FOREVER: Final = float("inf")
_UNRESOLVED: Final = (Verdict.FAILED, Verdict.UNKNOWN)


@dataclass(slots=True)
class Row:
    """A member: the last outcome, its time, and how long the site remembers the key."""

    outcome: Outcome
    at: float = 0.0
    listed: bool = True
    keyed_at: float = 0.0
    repeatable_until: float | None = None


@dataclass(slots=True)
class MemoryLedger:
    """Fulfils :class:`~gs.profile.status.send.run.ports.Ledger` without a file.

    *clock* returns seconds since the epoch. The *rows* outlast the ledger, as a file does.
    """

    clock: Callable[[], float]
    rows: dict[MemberId, Row] = field(default_factory=dict)
    _queue: deque[MemberId] = field(default_factory=deque)
    _lifetime: int = 0
    _resend: bool = False

    def recover(self) -> int:
        """Make claims without a verdict unknown; return how many there were."""
        sending = [row for row in self.rows.values() if row.outcome.verdict is Verdict.SENDING]
        for row in sending:
            row.outcome = row.outcome._replace(
                verdict=Verdict.UNKNOWN, reason=NO_ANSWER, message=RUN_ABANDONED
            )
        return len(sending)

    def enrol(self, members: Iterable[MemberId]) -> int:
        """Make *members* those of the run; return how many were removed from the list."""
        listed = dict.fromkeys(members)
        if not listed and any(row.outcome.verdict not in _FINAL for row in self.rows.values()):
            raise empty_list_error()
        removed = 0
        for member, row in self.rows.items():
            row.listed = member in listed
            verdict = row.outcome.verdict
            if not row.listed and verdict in (Verdict.WAITING, Verdict.FAILED):
                row.outcome = Outcome(member, Verdict.SKIPPED, NO_LONGER_LISTED, "")
                removed += 1
            elif row.listed and row.outcome.reason == NO_LONGER_LISTED:
                row.outcome = _waiting(member)
        for member in listed:
            self.rows.setdefault(member, Row(_waiting(member)))
        return removed

    def queue(self, selection: Selection, key_lifetime: int) -> int:
        """Queue the members of *selection* without a final verdict; return how many there are."""
        self._lifetime = usable_lifetime(key_lifetime)
        self._resend = selection.resend_unknown
        missing = sorted(member for member in selection.only or () if not self._is_listed(member))
        if missing:
            raise not_listed_error(missing)
        waiting: list[MemberId] = []
        doubtful: list[MemberId] = []
        for member, row in sorted(self.rows.items()):
            if not row.listed or (selection.only is not None and member not in selection.only):
                continue
            if row.outcome.verdict is Verdict.FAILED:
                row.outcome = row.outcome._replace(verdict=Verdict.WAITING)
            if row.outcome.verdict is Verdict.WAITING:
                waiting.append(member)
            elif row.outcome.verdict is Verdict.UNKNOWN and (self._resend or self._usable(row)):
                doubtful.append(member)
        self._queue = deque([*waiting, *sorted(doubtful, key=lambda member: self.rows[member].at)])
        return len(self._queue)

    def claim(self, limit: int, outcomes: Sequence[Outcome] = ()) -> list[Claim]:
        """Record *outcomes*, and claim up to *limit* queued members."""
        self.record(outcomes)
        claims: list[Claim] = []
        while self._queue and len(claims) < limit:
            row = self.rows[self._queue.popleft()]
            doubtful = row.outcome.verdict is Verdict.UNKNOWN
            usable = doubtful and self._usable(row)
            if doubtful and not usable and not self._resend:
                continue
            row.at = self.clock()
            if not usable:
                row.keyed_at = row.at
                row.repeatable_until = row.at + self._lifetime if self._lifetime else None
            claims.append(Claim(row.outcome.member, bool(self._lifetime), doubtful))
            row.outcome = row.outcome._replace(verdict=Verdict.SENDING)
        return claims

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Record the verdicts on claims, and queue the members that are to be tried *again*."""
        sending = (self.rows.get(outcome.member) for outcome in outcomes)
        if not all(row and row.outcome.verdict is Verdict.SENDING for row in sending):
            raise not_claimed_error()
        for outcome in outcomes:
            row = self.rows[outcome.member]
            row.outcome, row.at = outcome, self.clock()
            if outcome.again:
                self._queue.append(outcome.member)

    def tally(self, only: frozenset[MemberId] | None = None) -> Tally:
        """Return the counts of the run, or of some members."""
        rows = [row.outcome for m, row in self.rows.items() if only is None or m in only]
        return Tally(Counter((row.verdict, row.reason) for row in rows))

    def unresolved(
        self, limit: int | None = None, only: frozenset[MemberId] | None = None
    ) -> Iterator[RecordedOutcome]:
        """Yield members who failed or are unknown, up to *limit*, or only some of them."""
        rows = (row for m, row in sorted(self.rows.items()) if only is None or m in only)
        unresolved = (
            RecordedOutcome(row.outcome, row.at)
            for row in rows
            if row.outcome.verdict in _UNRESOLVED
        )
        return islice(unresolved, limit)

    def repeatable(self, only: frozenset[MemberId] | None = None) -> int:
        """Return how many unknown members have a key that the site may remember."""
        rows = (row for m, row in self.rows.items() if only is None or m in only)
        doubtful = (row for row in rows if row.outcome.verdict in _DOUBTFUL and row.listed)
        return sum(self._usable(row, _FOREVER) for row in doubtful)

    def _is_listed(self, member: MemberId) -> bool:
        row = self.rows.get(member)
        if row is None or row.outcome.reason == NO_LONGER_LISTED:
            return False
        return row.listed or row.outcome.verdict in _FINAL

    def _usable(self, row: Row, lifetime: float | None = None) -> bool:
        if row.repeatable_until is None or row.keyed_at > self.clock() + CLOCK_SKEW:
            return False
        lifetime = self._lifetime if lifetime is None else lifetime
        until = min(row.repeatable_until, row.keyed_at + lifetime)
        return until > self.clock() + KEY_MARGIN


def _waiting(member: MemberId) -> Outcome:
    return Outcome(member, Verdict.WAITING, "", "")

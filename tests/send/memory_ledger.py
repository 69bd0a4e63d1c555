# SPDX-License-Identifier: MIT
"""A ledger that lives as long as its book, a dict: for tests, and whoever needs no file."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from gs.profile.status.send.ledger.queue import (
    RUN_ABANDONED,
    empty_list_error,
    not_claimed_error,
    not_listed_error,
)
from gs.profile.status.send.run.model import (
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

_SETTLED: Final = (Verdict.SENT, Verdict.SKIPPED)
_DOUBTFUL: Final = (Verdict.SENDING, Verdict.UNKNOWN)
_FOREVER: Final = float("inf")
_TO_TELL: Final = (Verdict.FAILED, Verdict.UNKNOWN)


@dataclass(slots=True)
class Row:
    """A member: the last outcome, when it came, and the time in which the site knows the key."""

    outcome: Outcome
    at: float = 0.0
    listed: bool = True
    keyed_at: float = 0.0
    repeatable_until: float | None = None


@dataclass(slots=True)
class MemoryLedger:
    """Fulfils :class:`~gs.profile.status.send.run.ports.Ledger` without a file.

    *clock* returns seconds since the epoch. The *book* outlasts the ledger, as a file does.
    """

    clock: Callable[[], float]
    book: dict[MemberId, Row] = field(default_factory=dict)
    _queue: deque[MemberId] = field(default_factory=deque)
    _lifetime: int = 0
    _resend: bool = False

    def recover(self) -> int:
        """Make unknown what was claimed and never settled; return how many that were."""
        left = [row for row in self.book.values() if row.outcome.verdict is Verdict.SENDING]
        for row in left:
            row.outcome = row.outcome._replace(
                verdict=Verdict.UNKNOWN, reason=NO_ANSWER, message=RUN_ABANDONED
            )
        return len(left)

    def enrol(self, members: Iterable[MemberId]) -> int:
        """Make *members* those of the run; return how many have left the list and are skipped."""
        listed = dict.fromkeys(members)
        rows = self.book.values()
        if not listed and any(row.outcome.verdict not in _SETTLED for row in rows):
            raise empty_list_error()
        left = 0
        for member, row in self.book.items():
            row.listed = member in listed
            verdict = row.outcome.verdict
            if not row.listed and verdict in (Verdict.WAITING, Verdict.FAILED):
                row.outcome = Outcome(member, Verdict.SKIPPED, NO_LONGER_LISTED, "")
                left += 1
            elif row.listed and row.outcome.reason == NO_LONGER_LISTED:
                row.outcome = _waiting(member)
        for member in listed:
            self.book.setdefault(member, Row(_waiting(member)))
        return left

    def line_up(self, choice: Selection, key_lifetime: int) -> int:
        """Let those of *choice* who are not settled wait to be claimed; return how many do."""
        self._lifetime = usable_lifetime(key_lifetime)
        self._resend = choice.resend_unknown
        missing = sorted(member for member in choice.only or () if not self._is_listed(member))
        if missing:
            raise not_listed_error(missing)
        waiting: list[MemberId] = []
        doubtful: list[MemberId] = []
        for member, row in sorted(self.book.items()):
            if not row.listed or (choice.only is not None and member not in choice.only):
                continue
            if row.outcome.verdict is Verdict.FAILED:
                row.outcome = row.outcome._replace(verdict=Verdict.WAITING)
            if row.outcome.verdict is Verdict.WAITING:
                waiting.append(member)
            elif row.outcome.verdict is Verdict.UNKNOWN and (self._resend or self._keyed(row)):
                doubtful.append(member)
        self._queue = deque([*waiting, *sorted(doubtful, key=lambda member: self.book[member].at)])
        return len(self._queue)

    def claim(self, limit: int, outcomes: Sequence[Outcome] = ()) -> list[Claim]:
        """Record *outcomes*, and mark up to *limit* of those lined up as being sent to."""
        self.settle(outcomes)
        claims: list[Claim] = []
        while self._queue and len(claims) < limit:
            row = self.book[self._queue.popleft()]
            doubtful = row.outcome.verdict is Verdict.UNKNOWN
            keyed = doubtful and self._keyed(row)
            if doubtful and not keyed and not self._resend:
                continue
            row.at = self.clock()
            if not keyed:
                row.keyed_at = row.at
                row.repeatable_until = row.at + self._lifetime if self._lifetime else None
            claims.append(Claim(row.outcome.member, bool(self._lifetime), doubtful))
            row.outcome = row.outcome._replace(verdict=Verdict.SENDING)
        return claims

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record the verdicts on what was claimed; what is to be tried *again* is lined up."""
        sending = (self.book.get(outcome.member) for outcome in outcomes)
        if not all(row and row.outcome.verdict is Verdict.SENDING for row in sending):
            raise not_claimed_error()
        for outcome in outcomes:
            row = self.book[outcome.member]
            row.outcome, row.at = outcome, self.clock()
            if outcome.again:
                self._queue.append(outcome.member)

    def tally(self, only: frozenset[MemberId] | None = None) -> Tally:
        """Return the counts of the run, or those of some members."""
        rows = [row.outcome for m, row in self.book.items() if only is None or m in only]
        return Tally(Counter((row.verdict, row.reason) for row in rows))

    def unsettled(
        self, limit: int | None = None, only: frozenset[MemberId] | None = None
    ) -> Iterator[RecordedOutcome]:
        """Yield members that failed or are unknown, up to *limit*, perhaps only some."""
        rows = (row for m, row in sorted(self.book.items()) if only is None or m in only)
        told = (
            RecordedOutcome(row.outcome, row.at) for row in rows if row.outcome.verdict in _TO_TELL
        )
        return islice(told, limit)

    def repeatable(self, only: frozenset[MemberId] | None = None) -> int:
        """Return how many of those in doubt have keys that a site may remember."""
        rows = (row for m, row in self.book.items() if only is None or m in only)
        doubtful = (row for row in rows if row.outcome.verdict in _DOUBTFUL and row.listed)
        return sum(self._keyed(row, _FOREVER) for row in doubtful)

    def _is_listed(self, member: MemberId) -> bool:
        row = self.book.get(member)
        if row is None or row.outcome.reason == NO_LONGER_LISTED:
            return False
        return row.listed or row.outcome.verdict in _SETTLED

    def _keyed(self, row: Row, lifetime: float | None = None) -> bool:
        if row.repeatable_until is None or row.keyed_at > self.clock() + 60:
            return False
        lifetime = self._lifetime if lifetime is None else lifetime
        until = min(row.repeatable_until, row.keyed_at + lifetime)
        return until > self.clock() + KEY_MARGIN


def _waiting(member: MemberId) -> Outcome:
    return Outcome(member, Verdict.WAITING, "", "")

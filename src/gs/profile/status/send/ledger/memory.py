# SPDX-License-Identifier: MIT
"""A ledger that lives as long as its book, a dict: for tests, and whoever needs no file."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from gs.profile.status.send.model import (
    NO_LONGER_LISTED,
    Choice,
    Claim,
    MemberId,
    Outcome,
    Record,
    Tally,
    Verdict,
)

from .words import LEFT, NO_ANSWER, not_listed

_SETTLED: Final = (Verdict.SENT, Verdict.SKIPPED)
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
    """Fulfils :class:`~gs.profile.status.send.ports.Ledger` without a file.

    *clock* returns seconds since the epoch. The *book* outlasts the ledger, as a file does.
    """

    clock: Callable[[], float]
    book: dict[MemberId, Row] = field(default_factory=dict)
    _queue: deque[MemberId] = field(default_factory=deque)
    _lifetime: int = 0

    def recover(self) -> int:
        """Make unknown what was claimed and never settled; return how many that were."""
        left = [row for row in self.book.values() if row.outcome.verdict is Verdict.SENDING]
        for row in left:
            row.outcome = replace(
                row.outcome, verdict=Verdict.UNKNOWN, reason=NO_ANSWER, message=LEFT
            )
        return len(left)

    def enrol(self, members: Iterable[MemberId]) -> None:
        """Make *members* those of the run, each once: all of them, or none if they break off."""
        listed = dict.fromkeys(members)
        for member, row in self.book.items():
            row.listed = member in listed
            verdict = row.outcome.verdict
            if not row.listed and verdict in (Verdict.WAITING, Verdict.FAILED):
                row.outcome = Outcome(member, Verdict.SKIPPED, NO_LONGER_LISTED, "")
            elif row.listed and row.outcome.reason == NO_LONGER_LISTED:
                row.outcome = _waiting(member)
        for member in listed:
            self.book.setdefault(member, Row(_waiting(member)))

    def line_up(self, choice: Choice, key_lifetime: int) -> int:
        """Let those of *choice* who are not settled wait to be claimed; return how many do."""
        self._lifetime = key_lifetime
        self._queue.clear()
        missing = sorted(member for member in choice.only or () if not self._is_listed(member))
        if missing:
            raise not_listed(missing)
        resent = (Verdict.FAILED, *([Verdict.UNKNOWN] if choice.resend_unknown else ()))
        for member, row in sorted(self.book.items()):
            if not row.listed or (choice.only is not None and member not in choice.only):
                continue
            if row.outcome.verdict in resent:
                row.outcome = replace(row.outcome, verdict=Verdict.WAITING)
            if row.outcome.verdict is Verdict.WAITING or self._repeatable(row):
                self._queue.append(member)
        return len(self._queue)

    def claim(self, limit: int) -> list[Claim]:
        """Mark up to *limit* of those lined up as being sent to, and return them."""
        claims: list[Claim] = []
        while self._queue and len(claims) < limit:
            row = self.book[self._queue.popleft()]
            doubtful = row.outcome.verdict is Verdict.UNKNOWN
            if not doubtful:
                row.keyed_at = self.clock()
                row.repeatable_until = row.keyed_at + self._lifetime if self._lifetime else None
            elif not self._repeatable(row):
                continue
            claims.append(Claim(row.outcome.member, bool(self._lifetime), doubtful))
            row.outcome, row.at = replace(row.outcome, verdict=Verdict.SENDING), self.clock()
        return claims

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record the verdicts on what was claimed; what is to be tried *again* is lined up."""
        for outcome in outcomes:
            row = self.book[outcome.member]
            if row.outcome.verdict is not Verdict.SENDING:
                raise KeyError(outcome.member)
            row.outcome, row.at = outcome, self.clock()
            if outcome.again:
                self._queue.append(outcome.member)

    def tally(self, only: frozenset[MemberId] | None = None) -> Tally:
        """Return the counts of the run, or those of some members."""
        rows = [row.outcome for m, row in self.book.items() if only is None or m in only]
        return Tally(Counter((row.verdict, row.reason) for row in rows))

    def unsettled(self, limit: int | None = None) -> Iterator[Record]:
        """Yield members that failed or are unknown, up to *limit*."""
        rows = (row for _, row in sorted(self.book.items()))
        told = (Record(row.outcome, row.at) for row in rows if row.outcome.verdict in _TO_TELL)
        return islice(told, limit)

    def repeatable(self) -> int:
        """Return how many of the unknown have keys that a site may remember."""
        now = self.clock()
        unknown = [row for row in self.book.values() if row.outcome.verdict is Verdict.UNKNOWN]
        return sum((row.repeatable_until or now) > now for row in unknown)

    def _is_listed(self, member: MemberId) -> bool:
        row = self.book.get(member)
        if row is None or row.outcome.reason == NO_LONGER_LISTED:
            return False
        return row.listed or row.outcome.verdict in _SETTLED

    def _repeatable(self, row: Row) -> bool:
        if row.outcome.verdict is not Verdict.UNKNOWN or row.repeatable_until is None:
            return False
        now = self.clock()
        return now < row.repeatable_until and 0 <= now - row.keyed_at < self._lifetime


def _waiting(member: MemberId) -> Outcome:
    return Outcome(member, Verdict.WAITING, "", "")

# SPDX-License-Identifier: MIT
"""A ledger that lives as long as its process."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from gs.profile.status.send.model import Claim, MemberId, Outcome, Tally, Verdict

_LEFT: Final = "The run was left before an answer came."


class MemoryLedger:
    """Fulfils :class:`~gs.profile.status.send.ports.Ledger` without a file.

    The row of a member is its outcome, or ``None`` while it is waiting or being sent to.
    """

    def __init__(self) -> None:
        self._rows: dict[MemberId, Outcome | None] = {}
        self._queue: deque[MemberId] = deque()
        self._sending: set[MemberId] = set()

    def enrol(self, members: Iterable[MemberId]) -> int:
        """Add *members*, each once, all or none; return how many are waiting."""
        new = dict.fromkeys(member for member in members if member not in self._rows)
        self._rows.update(new)
        self._queue.extend(new)
        return len(self._queue)

    def claim(self, limit: int) -> list[Claim]:
        """Mark up to *limit* waiting members as being sent to, and return them."""
        members = [self._queue.popleft() for _ in range(min(limit, len(self._queue)))]
        self._sending.update(members)
        return [Claim(member) for member in members]

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record the verdicts on what was claimed."""
        for outcome in outcomes:
            self._sending.remove(outcome.member)
            self._rows[outcome.member] = outcome
            if outcome.verdict is Verdict.WAITING:
                self._queue.append(outcome.member)

    def recover(self) -> int:
        """Make unknown what was claimed and never settled; return how many that were."""
        left = sorted(self._sending)
        self.settle([Outcome(member, Verdict.UNKNOWN, "no answer", _LEFT) for member in left])
        return len(left)

    def tally(self) -> Tally:
        """Return the counts of the run."""
        rows = self._rows.values()
        return Tally(
            Counter((row.verdict, row.reason) if row else (Verdict.WAITING, "") for row in rows)
        )

    def unsettled(self, limit: int) -> list[Outcome]:
        """Return up to *limit* members that failed or are unknown."""
        rows = self._rows.values()
        return list(
            islice(
                (row for row in rows if row and row.verdict in (Verdict.FAILED, Verdict.UNKNOWN)),
                limit,
            )
        )

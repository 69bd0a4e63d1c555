# SPDX-License-Identifier: MIT
"""The queue of a run: which members this call claims, and in which order."""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Final

from gs.profile.status.send.errors import LedgerError
from gs.profile.status.send.run.model import (
    CLOCK_SKEW,
    KEY_MARGIN,
    Claim,
    MemberId,
    Selection,
    Verdict,
    usable_lifetime,
)

from .connection import LedgerConnection
from .temporary import store_selection

# Members that are read at a time.
_AHEAD: Final = 1_000

_WAITING: Final = (Verdict.WAITING, Verdict.FAILED)


def not_claimed_error() -> LedgerError:
    """Return the error for an outcome, or a claim, that the ledger does not expect."""
    return LedgerError(
        "Another process changed the ledger during the run.\n"
        "Find the process that ignores the lock, and stop it. Then run the same command to "
        "continue."
    )


class Queue:
    """The members of a *run* that an *invocation* claims: new ones by ID, then those to try again.

    *clock* returns seconds since the epoch.
    """

    def __init__(
        self,
        connection: LedgerConnection,
        run: int,
        invocation: int,
        clock: Callable[[], float],
    ) -> None:
        self._connection = connection
        self._run = run
        self._invocation = invocation
        self._clock = clock
        self._selection = Selection()
        self._lifetime = 0
        self._listed: int | None = None
        self._ahead: deque[MemberId] = deque()
        self._claimed = 0
        #: The ID from which the table is read on, ``None`` if it was read to its end.
        self._first: str | None = None

    def fill(self, listed: int | None, selection: Selection, key_lifetime: int) -> int:
        """Queue those of *selection* in the list of the invocation *listed*; return how many."""
        self._listed, self._selection = listed, selection
        self._lifetime = usable_lifetime(key_lifetime)
        if selection.only is not None:
            store_selection(self._connection, selection.only, "queue")
        counts = self._count()
        queued = counts.get(Verdict.WAITING, 0)
        with self._connection.transaction():
            if counts.get(Verdict.FAILED):
                queued += self._connection.execute("retry_failed", **self._members())
            if counts.get(Verdict.UNKNOWN):
                values = {**self._members(), **self._keys(), "resend": self._resend}
                queued += self._connection.execute("queue_unknown", **values)
        return queued

    def claim(self, limit: int) -> list[Claim]:
        """Claim the first *limit* members, who stay in the queue until :meth:`committed`."""
        while len(self._ahead) < limit and self._first is not None:
            self._read_ahead(self._first)
        members, repeatable = list(islice(self._ahead, limit)), bool(self._lifetime)
        self._claim(members)
        self._claimed = len(members)
        claims = [Claim(member, repeatable) for member in members]
        return claims + self._claim_again(limit - len(members))

    def committed(self) -> None:
        """Remove the members who were claimed last: their claims are durable."""
        for _ in range(self._claimed):
            self._ahead.popleft()
        self._claimed = 0

    @property
    def _resend(self) -> bool:
        return self._selection.resend_unknown

    def _count(self) -> Mapping[str, int]:
        # If few of many members remain, to count them takes as long as to read them: one query
        # does both.
        values = self._members()
        rows = list(self._connection.rows("without_final_verdict", **values, limit=_AHEAD))
        if len(rows) < _AHEAD:
            first = (row["id"] for row in rows if row["verdict"] in _WAITING and not row["again"])
            self._ahead, self._first = deque(first), None
            return Counter(row["verdict"] for row in rows)
        self._ahead, self._first = deque(), ""
        counts = self._connection.rows("count_without_final_verdict", **values)
        return {row["verdict"]: row["members"] for row in counts}

    def _read_ahead(self, first: str) -> None:
        values = {**self._members(), "first": first, "limit": _AHEAD}
        members = [MemberId(row["id"]) for row in self._connection.rows("claimable", **values)]
        self._ahead += members
        # The smallest text after the last ID.
        self._first = f"{members[-1]}\0" if len(members) == _AHEAD else None

    def _claim(self, members: Sequence[MemberId]) -> None:
        if not members:
            return
        if self._first is None:
            self._claim_each(dict.fromkeys(members, False))
            return
        # If many members remain, they are next to each other: one statement for all is quicker.
        ends = {"first": members[0], "last": members[-1]}
        values = {**self._members(), **self._key_use(), **ends}
        if self._connection.execute("claim_range", **values) != len(members):
            raise not_claimed_error()

    def _claim_again(self, limit: int) -> list[Claim]:
        if not limit:
            return []
        values = {"run": self._run, "invocation": self._invocation, "resend": self._resend}
        rows = list(
            self._connection.rows("claimable_again", **values, **self._keys(), limit=limit)
        )
        self._claim_each({MemberId(row["id"]): bool(row["keyed"]) for row in rows})
        repeatable = bool(self._lifetime)
        return [Claim(MemberId(row["id"]), repeatable, bool(row["doubtful"])) for row in rows]

    def _claim_each(self, members: Mapping[MemberId, bool]) -> None:
        # The value says whether the key of the member is used again.
        common = {"run": self._run, **self._key_use()}
        values = [{**common, "id": member, "keyed": keyed} for member, keyed in members.items()]
        if values and self._connection.execute_many("claim_each", values) != len(values):
            raise not_claimed_error()

    def _members(self) -> dict[str, object]:
        return {
            "run": self._run,
            "listed": self._listed,
            "invocation": self._invocation,
            "all": self._selection.only is None,
        }

    def _key_use(self) -> dict[str, object]:
        now, lifetime = self._clock(), self._lifetime
        return {
            "now": now,
            "keyed_at": now if lifetime else None,
            "repeatable_until": now + lifetime if lifetime else None,
        }

    def _keys(self) -> dict[str, object]:
        return {
            "now": self._clock(),
            "lifetime": self._lifetime,
            "margin": KEY_MARGIN,
            "skew": CLOCK_SKEW,
        }

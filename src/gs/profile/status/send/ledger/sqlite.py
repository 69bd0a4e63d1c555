# SPDX-License-Identifier: MIT
"""The ledger of one run in SQLite: each method that changes it makes one durable change."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

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
)

from .connection import LedgerConnection
from .queue import Queue, not_claimed_error
from .temporary import (
    RUN_ABANDONED,
    drop_list,
    empty_list_error,
    not_listed_error,
    store_list,
    store_selection,
)

# The ledger keeps the message of the site for these. The others are counted only.
_SHOWN: Final = (Verdict.WAITING, Verdict.FAILED, Verdict.UNKNOWN)

# Seconds: longer than any site remembers a key, for a question about keys in general.
_ANY_LIFETIME: Final = 1e12


class SqliteLedger:
    """A :class:`~gs.profile.status.send.run.ports.Ledger` in SQLite, of the run *number*.

    *invocation* is the number of this call of the program; *clock* returns seconds since the
    epoch.
    """

    def __init__(
        self,
        connection: LedgerConnection,
        number: int,
        invocation: int,
        clock: Callable[[], float],
    ) -> None:
        self._connection = connection
        self._run = number
        self._invocation = invocation
        self._clock = clock
        self._queue = Queue(connection, number, invocation, clock)
        self._listed: int | None = None
        connection.execute("make_selection")

    def recover(self) -> int:
        """Make claims without a verdict unknown; return how many there were."""
        values = {"run": self._run, "reason": NO_ANSWER, "message": RUN_ABANDONED}
        with self._connection.transaction():
            return self._connection.execute("recover", **values)

    def enrol(self, members: Iterable[MemberId]) -> int:
        """Make *members* those of the run; return how many were removed from the list."""
        fingerprint = store_list(self._connection, members)
        try:
            row = self._connection.row("list_of_run", run=self._run)
            self._listed = row["listed"] if row else None
            unchanged = row is not None and row["fingerprint"] == fingerprint
            return 0 if unchanged else self._store_changes(fingerprint)
        finally:
            drop_list(self._connection)

    def queue(self, selection: Selection, key_lifetime: int) -> int:
        """Queue the members of *selection* without a final verdict; return how many there are."""
        if selection.only:
            self._check_listed(selection.only)
        return self._queue.fill(self._listed, selection, key_lifetime)

    def claim(self, limit: int, outcomes: Sequence[Outcome] = ()) -> list[Claim]:
        """Record *outcomes*, and claim up to *limit* queued members."""
        with self._connection.transaction():
            self._record(outcomes)
            claims = self._queue.claim(limit)
        self._queue.committed()
        return claims

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Record the verdicts on claims, and queue the members that are to be tried *again*."""
        with self._connection.transaction():
            self._record(outcomes)

    def tally(self, only: frozenset[MemberId] | None = None) -> Tally:
        """Return the counts of the run, or of some members."""
        self._select(only)
        rows = self._connection.rows("tally", run=self._run, all=only is None)
        return Tally({(Verdict(row["verdict"]), row["reason"]): row["members"] for row in rows})

    def unresolved(
        self, limit: int | None = None, only: frozenset[MemberId] | None = None
    ) -> Iterator[RecordedOutcome]:
        """Yield members who failed or are unknown, up to *limit*, or only some of them."""
        self._select(only)
        values = {"run": self._run, "all": only is None, "limit": -1 if limit is None else limit}
        for row in self._connection.rows("unresolved", **values):
            member, verdict = MemberId(row["id"]), Verdict(row["verdict"])
            outcome = Outcome(member, verdict, row["reason"], row["message"], row["status"])
            yield RecordedOutcome(outcome, row["at"])

    def repeatable(self, only: frozenset[MemberId] | None = None) -> int:
        """Return how many unknown members have a key that the site may remember."""
        self._select(only)
        row = self._connection.row(
            "count_repeatable",
            run=self._run,
            all=only is None,
            now=self._clock(),
            lifetime=_ANY_LIFETIME,
            margin=KEY_MARGIN,
            skew=CLOCK_SKEW,
        )
        return int(row["members"]) if row else 0

    def _select(self, only: frozenset[MemberId] | None) -> None:
        if only is not None:
            store_selection(self._connection, only, "report")

    def _check_listed(self, only: frozenset[MemberId]) -> None:
        self._select(only)
        values = {"run": self._run, "listed": self._listed}
        rows = self._connection.rows("not_listed", **values, no_longer_listed=NO_LONGER_LISTED)
        missing = [MemberId(row["id"]) for row in rows]
        if missing:
            raise not_listed_error(missing)

    def _store_changes(self, fingerprint: bytes) -> int:
        unresolved = self._connection.row("any_without_final_verdict", run=self._run)
        if unresolved and not self._connection.row("any_listed"):
            raise empty_list_error()
        self._listed = self._invocation
        values = {"run": self._run, "invocation": self._invocation}
        when = {"now": self._clock(), "no_longer_listed": NO_LONGER_LISTED}
        with self._connection.transaction():
            self._connection.execute("enrol", **values, **when)
            removed = self._connection.execute("skip_removed", **values, **when)
            self._connection.execute("store_fingerprint", **values, fingerprint=fingerprint)
        return removed

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        # One statement for all members with the same values: most of them have the verdict "sent".
        groups: dict[tuple[str | int | None, ...], list[MemberId]] = {}
        for outcome in outcomes:
            # libcurl may quote anything from a broken answer; SQLite stores Unicode only.
            storable = outcome.message.encode("utf-8", "replace").decode()
            message = storable if outcome.verdict in _SHOWN else ""
            again = self._invocation if outcome.again else None
            shared = (outcome.verdict.value, outcome.reason, message, outcome.status, again)
            groups.setdefault(shared, []).append(outcome.member)
        now = self._clock()
        for values, members in groups.items():
            changed = self._connection.execute_for("record", members, (self._run, now, *values))
            if changed != len(members):
                raise not_claimed_error()

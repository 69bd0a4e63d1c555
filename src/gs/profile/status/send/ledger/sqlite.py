# SPDX-License-Identifier: MIT
"""The ledger of one run in a file: the verbs, each of them one durable change."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

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
)

from .connection import LedgerFile
from .queue import (
    RUN_ABANDONED,
    Queue,
    drop_list,
    empty_list_error,
    not_claimed_error,
    not_listed_error,
    store_choice,
    store_list,
)

# What the site said is kept of those who are told of one by one; of the others it is counted.
_TO_TELL: Final = (Verdict.WAITING, Verdict.FAILED, Verdict.UNKNOWN)


class SqliteLedger:
    """Fulfils :class:`~gs.profile.status.send.run.ports.Ledger` for the run of that *number*.

    *invocation* is the number of this call of the program; *clock* returns seconds since the
    epoch.
    """

    def __init__(
        self, file: LedgerFile, number: int, invocation: int, clock: Callable[[], float]
    ) -> None:
        self._file = file
        self._run = number
        self._invocation = invocation
        self._clock = clock
        self._line = Queue(file, number, invocation, clock)
        self._listed: int | None = None
        file.do("make_choice")

    def recover(self) -> int:
        """Make unknown what was claimed and never settled; return how many that were."""
        with self._file.transaction():
            return self._file.do("recover", run=self._run, reason=NO_ANSWER, message=RUN_ABANDONED)

    def enrol(self, members: Iterable[MemberId]) -> int:
        """Make *members* those of the run; return how many have left the list and are skipped."""
        fingerprint = store_list(self._file, members)
        try:
            return 0 if self._is_known(fingerprint) else self._compare(fingerprint)
        finally:
            drop_list(self._file)

    def line_up(self, choice: Selection, key_lifetime: int) -> int:
        """Let those of *choice* who are not settled wait to be claimed; return how many do."""
        if choice.only:
            self._refuse_who_is_not_listed(choice.only)
        return self._line.form(self._listed, choice, key_lifetime)

    def claim(self, limit: int, outcomes: Sequence[Outcome] = ()) -> list[Claim]:
        """Record *outcomes*, and mark up to *limit* of those lined up as being sent to."""
        with self._file.transaction():
            self._record(outcomes)
            claims = self._line.claim(limit)
        self._line.move_up()
        return claims

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record the verdicts on what was claimed; what is to be tried *again* is lined up."""
        with self._file.transaction():
            self._record(outcomes)

    def tally(self, only: frozenset[MemberId] | None = None) -> Tally:
        """Return the counts of the run, or those of some members."""
        self._choose(only)
        rows = self._file.rows("tally", run=self._run, all=only is None)
        return Tally({(Verdict(row["verdict"]), row["reason"]): row["members"] for row in rows})

    def unsettled(
        self, limit: int | None = None, only: frozenset[MemberId] | None = None
    ) -> Iterator[RecordedOutcome]:
        """Yield members that failed or are unknown, up to *limit*, perhaps only some."""
        self._choose(only)
        values = {"run": self._run, "all": only is None}
        for row in self._file.rows("unsettled", **values, limit=-1 if limit is None else limit):
            member, verdict = MemberId(row["id"]), Verdict(row["verdict"])
            outcome = Outcome(member, verdict, row["reason"], row["message"], row["status"])
            yield RecordedOutcome(outcome, row["at"])

    def repeatable(self, only: frozenset[MemberId] | None = None) -> int:
        """Return how many of those in doubt have keys that a site may remember."""
        self._choose(only)
        values = {"run": self._run, "all": only is None, "margin": KEY_MARGIN}
        found = self._file.row("count_repeatable", **values, now=self._clock())
        return int(found["members"]) if found else 0

    def _choose(self, only: frozenset[MemberId] | None) -> None:
        if only is not None:
            store_choice(self._file, only, "look")

    def _refuse_who_is_not_listed(self, only: frozenset[MemberId]) -> None:
        self._choose(only)
        values = {"run": self._run, "listed": self._listed}
        rows = self._file.rows("not_listed", **values, no_longer_listed=NO_LONGER_LISTED)
        missing = [MemberId(row["id"]) for row in rows]
        if missing:
            raise not_listed_error(missing)

    def _is_known(self, fingerprint: bytes) -> bool:
        row = self._file.row("list_of_run", run=self._run)
        self._listed = row["listed"] if row else None
        return bool(row and row["fingerprint"] == fingerprint)

    def _compare(self, fingerprint: bytes) -> int:
        if not self._file.row("any_listed") and self._file.row("unsettled_member", run=self._run):
            raise empty_list_error()
        self._listed = self._invocation
        values = {"run": self._run, "invocation": self._invocation}
        when = {"now": self._clock(), "no_longer_listed": NO_LONGER_LISTED}
        with self._file.transaction():
            self._file.do("enrol", **values, **when)
            left = self._file.do("skip_who_left", **values, **when)
            self._file.do("note_list", **values, fingerprint=fingerprint)
        return left

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        # One statement for all of whom the same is known: for most that they were sent to.
        groups: dict[tuple[str | int | None, ...], list[MemberId]] = {}
        for outcome in outcomes:
            message = _storable(outcome.message) if outcome.verdict in _TO_TELL else ""
            again = self._invocation if outcome.again else None
            known = (outcome.verdict.value, outcome.reason, message, outcome.status, again)
            groups.setdefault(known, []).append(outcome.member)
        now = self._clock()
        for same, members in groups.items():
            values = (self._run, now, *same)
            if self._file.do_for("settle", members, values) != len(members):
                raise not_claimed_error()


def _storable(text: str) -> str:
    # What libcurl quotes of a broken answer may be anything; SQLite takes Unicode.
    return text.encode("utf-8", "replace").decode()

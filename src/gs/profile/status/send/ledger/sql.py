# SPDX-License-Identifier: MIT
"""The ledger of one run in a file: the verbs, each of them one durable change."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from sqlite3 import Row
from typing import Final

from gs.profile.status.send.model import (
    KEY_MARGIN,
    NO_ANSWER,
    NO_LONGER_LISTED,
    Choice,
    Claim,
    MemberId,
    Outcome,
    Record,
    Tally,
    Verdict,
    usable,
)

from .file import LedgerFile
from .words import LEFT, nobody_listed, not_claimed, not_listed

# Members that are stored at a time while the list arrives.
_BATCH: Final = 10_000


class SqlLedger:
    """Fulfils :class:`~gs.profile.status.send.ports.Ledger` for the run of that *number*.

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
        self._only: frozenset[MemberId] | None = None
        self._stored: frozenset[MemberId] | None = None
        self._resend = False
        self._lifetime = 0
        self._first = ""
        file.do("make_choice")

    def recover(self) -> int:
        """Make unknown what was claimed and never settled; return how many that were."""
        with self._file.transaction():
            return self._file.do("recover", run=self._run, reason=NO_ANSWER, message=LEFT)

    def enrol(self, members: Iterable[MemberId]) -> int:
        """Make *members* those of the run; return how many have left the list and are skipped."""
        store_list(self._file, members)
        values = {"run": self._run, "invocation": self._invocation}
        gone = {**values, "no_longer_listed": NO_LONGER_LISTED}
        if not self._file.row("any_listed") and self._file.row("unsettled_member", run=self._run):
            raise nobody_listed()
        with self._file.transaction():
            self._file.do("enrol", **gone)
            left = self._file.do("skip_who_left", **gone, now=self._clock())
            self._file.do("note_list", **values)
        self._file.do("clear_list")
        return left

    def line_up(self, choice: Choice, key_lifetime: int) -> int:
        """Let those of *choice* who are not settled wait to be claimed; return how many do."""
        self._only = choice.only
        self._resend = choice.resend_unknown
        self._lifetime = usable(key_lifetime)
        self._first = ""
        if choice.only:
            self._refuse_who_is_not_listed()
        with self._file.transaction():
            self._file.do("wait_again", **self._whom())
            self._file.do("queue_unknown", **self._whom(), **self._when())
        found = self._file.row("count_claimable", **self._whom())
        return int(found["members"]) if found else 0

    def claim(self, limit: int) -> list[Claim]:
        """Mark up to *limit* of those lined up as being sent to, and return them."""
        with self._file.transaction():
            rows = list(
                self._file.rows("claimable", **self._whom(), first=self._first, limit=limit)
            )
            if rows:
                self._first = f"{rows[-1]['id']}\0"  # the next text that there is
            if len(rows) < limit:
                left = limit - len(rows)
                rows += self._file.rows(
                    "claimable_again", **self._whom(), **self._when(), limit=left
                )
            self._mark(rows)
        keyed = bool(self._lifetime)
        return [Claim(MemberId(row["id"]), keyed, bool(row["doubtful"])) for row in rows]

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record the verdicts on what was claimed; what is to be tried *again* is lined up."""
        common = {"run": self._run, "invocation": self._invocation, "now": self._clock()}
        rows = [
            {
                **common,
                "id": outcome.member,
                "verdict": outcome.verdict.value,
                "reason": _storable(outcome.reason),
                "message": _storable(outcome.message),
                "status": outcome.status,
                "again": outcome.again,
            }
            for outcome in outcomes
        ]
        with self._file.transaction():
            if self._file.do_many("settle", rows) != len(rows):
                raise not_claimed()

    def tally(self, only: frozenset[MemberId] | None = None) -> Tally:
        """Return the counts of the run, or those of some members."""
        self._choose(only)
        rows = self._file.rows("tally", run=self._run, all=only is None)
        return Tally({(Verdict(row["verdict"]), row["reason"]): row["members"] for row in rows})

    def unsettled(
        self, limit: int | None = None, only: frozenset[MemberId] | None = None
    ) -> Iterator[Record]:
        """Yield members that failed or are unknown, up to *limit*, perhaps only some."""
        self._choose(only)
        values = {"run": self._run, "all": only is None}
        for row in self._file.rows("unsettled", **values, limit=-1 if limit is None else limit):
            member, verdict = MemberId(row["id"]), Verdict(row["verdict"])
            outcome = Outcome(member, verdict, row["reason"], row["message"], row["status"])
            yield Record(outcome, row["at"])

    def repeatable(self, only: frozenset[MemberId] | None = None) -> int:
        """Return how many of those in doubt have keys that a site may remember."""
        self._choose(only)
        values = {"run": self._run, "all": only is None, "margin": KEY_MARGIN}
        found = self._file.row("count_repeatable", **values, now=self._clock())
        return int(found["members"]) if found else 0

    def _choose(self, only: frozenset[MemberId] | None) -> None:
        if only is not None and only != self._stored:
            store_choice(self._file, only)
            self._stored = only

    def _refuse_who_is_not_listed(self) -> None:
        self._choose(self._only)
        values = {"run": self._run, "invocation": self._invocation}
        rows = self._file.rows("not_listed", **values, no_longer_listed=NO_LONGER_LISTED)
        missing = [MemberId(row["id"]) for row in rows]
        if missing:
            raise not_listed(missing)

    def _mark(self, rows: Iterable[Row]) -> None:
        now, lifetime = self._clock(), self._lifetime
        common = {
            "run": self._run,
            "now": now,
            "keyed_at": now if lifetime else None,
            "repeatable_until": now + lifetime if lifetime else None,
        }
        values = [{**common, "id": row["id"], "keyed": row["keyed"]} for row in rows]
        self._file.do_many("claim", values)

    def _when(self) -> dict[str, object]:
        return {
            "now": self._clock(),
            "lifetime": self._lifetime,
            "margin": KEY_MARGIN,
            "resend": self._resend,
        }

    def _whom(self) -> dict[str, object]:
        self._choose(self._only)
        return {"run": self._run, "invocation": self._invocation, "all": self._only is None}


def store_list(file: LedgerFile, members: Iterable[MemberId]) -> None:
    """Put the list of *members* beside the tables, where it counts for nothing yet."""
    file.do("make_list")
    file.do("clear_list")
    ids = iter(members)
    while batch := list(islice(ids, _BATCH)):
        file.do_many("add_to_list", [{"id": member} for member in batch])


def store_choice(file: LedgerFile, only: Iterable[MemberId]) -> None:
    """Put the IDs of *only* beside the tables."""
    file.do("make_choice")
    file.do("clear_choice")
    file.do_many("add_to_choice", [{"id": member} for member in only])


def _storable(text: str) -> str:
    # What libcurl quotes of a broken answer may be anything; SQLite takes Unicode.
    return text.encode("utf-8", "replace").decode()

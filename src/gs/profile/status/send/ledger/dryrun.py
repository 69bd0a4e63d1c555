# SPDX-License-Identifier: MIT
"""Who would be sent to, were the program called now: nothing is changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gs.profile.status.hooks import Period
from gs.profile.status.send.run.model import (
    KEY_MARGIN,
    NO_LONGER_LISTED,
    Choice,
    MemberId,
    Prospect,
    Verdict,
    usable,
)

from .connection import LedgerFile
from .queue import not_listed, store_choice, store_list
from .runs import latest_round


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A run without its sending, over the members whom the site lists now.

    *lifetime* is for how many seconds the site remembers a key; *now* is the machine's clock.
    """

    file: LedgerFile
    site: str
    period: Period
    now: float

    def read(self, members: Iterable[MemberId]) -> None:
        """Take the list in."""
        store_list(self.file, members)

    def prospects(self, choice: Choice, lifetime: int, *, again: bool) -> Iterator[Prospect]:
        """Yield what would happen to each member, in the order of their IDs."""
        run = self._run(again=again)
        self._refuse_who_is_not_listed(choice)
        when = {"now": self.now, "lifetime": usable(lifetime), "margin": KEY_MARGIN}
        for row in self.file.rows("rehearse", run=run, **when):
            member = MemberId(row["id"])
            verdict = Verdict(row["verdict"]) if row["verdict"] else None
            if row["reason"] == NO_LONGER_LISTED:
                verdict = None  # and back
            chosen = choice.only is None or member in choice.only
            sent_to = row["repeatable"] or _waits(verdict, choice)
            yield Prospect(member, verdict, bool(chosen and sent_to))

    def left(self, *, again: bool) -> int:
        """Return how many wait or failed who are not listed any more, and would be skipped."""
        found = self.file.row("count_who_left", run=self._run(again=again))
        return int(found["members"]) if found else 0

    def _run(self, *, again: bool) -> int | None:
        latest = latest_round(self.file, self.site, self.period, again=again)
        return int(latest["number"]) if latest and not again else None

    def _refuse_who_is_not_listed(self, choice: Choice) -> None:
        if choice.only:
            store_choice(self.file, choice.only, "look")
            missing = [MemberId(row["id"]) for row in self.file.rows("chosen_unlisted")]
            if missing:
                raise not_listed(missing)


def _waits(verdict: Verdict | None, choice: Choice) -> bool:
    doubtful = verdict in (Verdict.UNKNOWN, Verdict.SENDING)
    return verdict in (None, Verdict.WAITING, Verdict.FAILED) or (
        doubtful and choice.resend_unknown
    )

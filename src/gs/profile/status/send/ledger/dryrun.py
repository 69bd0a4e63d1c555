# SPDX-License-Identifier: MIT
"""Who would be sent to, were the program called now: nothing is changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gs.profile.status.hooks import Period
from gs.profile.status.send.run.model import (
    KEY_MARGIN,
    NO_LONGER_LISTED,
    MemberId,
    Planned,
    Selection,
    Verdict,
    usable_lifetime,
)

from .connection import LedgerFile
from .queue import not_listed_error, store_choice, store_list
from .runs import latest_round


@dataclass(frozen=True, slots=True)
class DryRun:
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

    def prospects(self, choice: Selection, lifetime: int, *, again: bool) -> Iterator[Planned]:
        """Yield what would happen to each member, in the order of their IDs."""
        run = self._run(again=again)
        self._refuse_who_is_not_listed(choice)
        when = {"now": self.now, "lifetime": usable_lifetime(lifetime), "margin": KEY_MARGIN}
        for row in self.file.rows("rehearse", run=run, **when):
            member = MemberId(row["id"])
            verdict = Verdict(row["verdict"]) if row["verdict"] else None
            if row["reason"] == NO_LONGER_LISTED:
                verdict = None  # and back
            chosen = choice.only is None or member in choice.only
            sent_to = row["repeatable"] or _waits(verdict, choice)
            yield Planned(member, verdict, bool(chosen and sent_to))

    def left(self, *, again: bool) -> int:
        """Return how many wait or failed who are not listed any more, and would be skipped."""
        found = self.file.row("count_who_left", run=self._run(again=again))
        return int(found["members"]) if found else 0

    def _run(self, *, again: bool) -> int | None:
        latest = latest_round(self.file, self.site, self.period, again=again)
        return int(latest["number"]) if latest and not again else None

    def _refuse_who_is_not_listed(self, choice: Selection) -> None:
        if choice.only:
            store_choice(self.file, choice.only, "look")
            missing = [MemberId(row["id"]) for row in self.file.rows("chosen_unlisted")]
            if missing:
                raise not_listed_error(missing)


def _waits(verdict: Verdict | None, choice: Selection) -> bool:
    doubtful = verdict in (Verdict.UNKNOWN, Verdict.SENDING)
    return verdict in (None, Verdict.WAITING, Verdict.FAILED) or (
        doubtful and choice.resend_unknown
    )

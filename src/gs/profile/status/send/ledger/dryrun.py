# SPDX-License-Identifier: MIT
"""A dry run: which members a call would send to. It changes nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gs.profile.status.hooks import Period
from gs.profile.status.send.run.model import (
    CLOCK_SKEW,
    KEY_MARGIN,
    NO_LONGER_LISTED,
    MemberId,
    Planned,
    Selection,
    Verdict,
    usable_lifetime,
)

from .connection import LedgerConnection
from .runs import latest_round
from .temporary import not_listed_error, store_list, store_selection


@dataclass(frozen=True, slots=True)
class DryRun:
    """A run without its calls, over the members whom the site lists now.

    *now* is the time of the machine, in seconds since the epoch.
    """

    connection: LedgerConnection
    site: str
    period: Period
    now: float

    def store(self, members: Iterable[MemberId]) -> None:
        """Store the list of *members*."""
        store_list(self.connection, members)

    def planned(
        self, selection: Selection, key_lifetime: int, *, again: bool
    ) -> Iterator[Planned]:
        """Yield what a call would do with each member, in the order of their IDs.

        *key_lifetime* is for how many seconds the site remembers a key.
        """
        run = self._run(again=again)
        if selection.only:
            store_selection(self.connection, selection.only, "report")
            missing = [MemberId(row["id"]) for row in self.connection.rows("selected_unlisted")]
            if missing:
                raise not_listed_error(missing)
        rows = self.connection.rows(
            "plan",
            run=run,
            now=self.now,
            lifetime=usable_lifetime(key_lifetime),
            margin=KEY_MARGIN,
            skew=CLOCK_SKEW,
        )
        for row in rows:
            member = MemberId(row["id"])
            verdict = Verdict(row["verdict"]) if row["verdict"] else None
            if row["reason"] == NO_LONGER_LISTED:
                verdict = None  # the member is listed again
            selected = selection.only is None or member in selection.only
            sends = row["repeatable"] or _is_queued(verdict, selection)
            yield Planned(member, verdict, bool(selected and sends))

    def removed(self, *, again: bool) -> int:
        """Return how many members who wait or failed are not listed any more."""
        row = self.connection.row("count_removed", run=self._run(again=again))
        return int(row["members"]) if row else 0

    def _run(self, *, again: bool) -> int | None:
        latest = latest_round(self.connection, self.site, self.period, again=again)
        return int(latest["number"]) if latest and not again else None


def _is_queued(verdict: Verdict | None, selection: Selection) -> bool:
    if verdict in (Verdict.UNKNOWN, Verdict.SENDING):
        return selection.resend_unknown
    return verdict in (None, Verdict.WAITING, Verdict.FAILED)

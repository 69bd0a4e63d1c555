# SPDX-License-Identifier: MIT
"""The report of a dry run, as text and as JSON."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from gs.profile.status.send.run.model import Planned, Verdict
from gs.profile.status.send.text import printable

from .summary import paragraph

_FINAL: Final = (Verdict.SENT, Verdict.SKIPPED)
_UNKNOWN: Final = (Verdict.SENDING, Verdict.UNKNOWN)


@dataclass(slots=True)
class DryRunReport:
    """How many members a run would send to, and how many of the others have which verdict."""

    limit: int | None
    would_send: int = 0
    others: Counter[str] = field(default_factory=Counter)

    def lines(self, planned: Iterable[Planned]) -> Iterator[str]:
        """Yield a line for each member of *planned*, and count the member."""
        for member in planned:
            sends = member.would_send and (self.limit is None or self.would_send < self.limit)
            self.would_send += sends
            if not sends:
                self.others[member.verdict or Verdict.WAITING] += 1
            yield f"{'Would send' if sends else _not_sent(member)}: {printable(member.member)}"

    def text(self, period: str, removed: int) -> str:
        """Return the report as text; *removed* members are no longer listed by the site."""
        final = sum(self.others[verdict] for verdict in _FINAL)
        unknown = sum(self.others[verdict] for verdict in _UNKNOWN)
        clauses = [f"{self.would_send} would be sent to", f"{final} sent or skipped before"]
        if unknown:
            clauses.append(f"{unknown} unknown and not sent to")
        if removed:
            clauses.append(f"{removed} no longer listed and skipped")
        others = self.others.total() - final - unknown
        if others:
            clauses.append(f"{others} left for a later run")
        return "\n".join(
            paragraph(f"Dry run of {period}: {'; '.join(clauses)}. Nothing was sent.")
        )

    def as_json(self, site: str, period: str, removed: int) -> str:
        """Return the report as a JSON object."""
        return json.dumps(
            {
                "site": site,
                "period": period,
                "would_send": self.would_send,
                "others": {str(verdict): n for verdict, n in self.others.items()},
                "no_longer_listed": removed,
            },
            indent=2,
        )


def _not_sent(member: Planned) -> str:
    if member.verdict in _FINAL:
        return f"Has a final verdict ({member.verdict})"
    return f"Would not send ({member.verdict or Verdict.WAITING})"

# SPDX-License-Identifier: MIT
"""The account of a run that was only rehearsed, for people or programs."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from gs.profile.status.send.run.model import Planned, Verdict
from gs.profile.status.send.text import printable

from .summary import paragraph

_SETTLED: Final = (Verdict.SENT, Verdict.SKIPPED)
_DOUBTFUL: Final = (Verdict.SENDING, Verdict.UNKNOWN)


@dataclass(slots=True)
class DryRunReport:
    """How many members would be sent to, and how many of the others have which verdict."""

    limit: int | None
    would_send: int = 0
    others: Counter[str] = field(default_factory=Counter)

    def lines(self, prospects: Iterable[Planned]) -> Iterator[str]:
        """Yield a line for each of *prospects*, and count it."""
        for prospect in prospects:
            sends = prospect.would_send and (self.limit is None or self.would_send < self.limit)
            self.would_send += sends
            if not sends:
                self.others[prospect.verdict or Verdict.WAITING] += 1
            yield f"{'Would send' if sends else _others(prospect)}: {printable(prospect.member)}"

    def text(self, period: str, left: int) -> str:
        """Return the account in words; *left* is how many are not listed any more."""
        settled = sum(self.others[verdict] for verdict in _SETTLED)
        unknown = sum(self.others[verdict] for verdict in _DOUBTFUL)
        clauses = [f"{self.would_send} would be sent to", f"{settled} settled"]
        if unknown:
            clauses.append(f"{unknown} unknown, and left alone")
        if left:
            clauses.append(f"{left} no longer listed, and skipped")
        others = self.others.total() - settled - unknown
        if others:
            clauses.append(f"{others} left to another call")
        told = f"Dry run of {period}: {'; '.join(clauses)}. Nobody was sent to."
        return "\n".join(paragraph(told))

    def as_json(self, site: str, period: str, left: int) -> str:
        """Return the same as a JSON object."""
        return json.dumps(
            {
                "site": site,
                "period": period,
                "would_send": self.would_send,
                "others": {str(verdict): n for verdict, n in self.others.items()},
                "no_longer_listed": left,
            },
            indent=2,
        )


def _others(prospect: Planned) -> str:
    if prospect.verdict in _SETTLED:
        return f"Settled ({prospect.verdict})"
    return f"Left alone ({prospect.verdict or Verdict.WAITING})"

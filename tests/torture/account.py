# SPDX-License-Identifier: MIT
"""Compares the report of a tortured run with the mails that the site sent."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .target import Target

_OK, _TEMPFAIL = 0, 75
#: The number of members named for a broken promise.
_SOME = 5


@dataclass(frozen=True, slots=True)
class Account:
    """The result of a run after a number of *kills*; *run* is the run as ``--json`` prints it.

    *exit_code* and the last of *outputs* belong to the invocation that was not killed;
    *open_ends* counts the members at unknown or sending after each of the others.
    """

    kills: int
    exit_code: int
    run: Mapping[str, Any]
    open_ends: Sequence[int]
    outputs: Sequence[str]

    @property
    def unknown(self) -> set[str]:
        """The members who are reported as unknown."""
        listed = self.run.get("unresolved", ())
        return {one["member"] for one in listed if one["verdict"] == "unknown"}

    def count(self, verdict: str) -> int:
        """Return how many members have the verdict."""
        return count(self.run, verdict)

    def broken_promises(self, site: Target, lost: int) -> list[str]:
        """Return the broken promises as text; at most *lost* members may be unknown."""
        return [*self._of_report(), *self._of_mails(site), *self._of_ledger(site, lost)]

    def _of_mails(self, site: Target) -> Iterator[str]:
        mailed = site.mailed
        wrong = {
            "mailed more than once": {one for one, mails in mailed.items() if mails > 1},
            "mailed, and should not be": set(mailed) - site.to_mail,
            "forgotten": site.to_mail - set(mailed) - self.unknown,
        }
        for what, members in wrong.items():
            if members:
                some = " ".join(sorted(members)[:_SOME])
                yield f"{len(members)} were {what}: {some}"

    def _of_ledger(self, site: Target, lost: int) -> Iterator[str]:
        expected = {
            "waiting": 0,
            "sending": 0,
            "failed": 0,
            "sent": len(site.to_mail - self.unknown),
            "skipped": len(site.to_skip - self.unknown),
            "unknown": len(self.unknown),
        }
        for verdict, number in expected.items():
            if self.count(verdict) != number:
                yield f"{self.count(verdict)} are {verdict}, not {number}"
        if len(self.unknown) > lost:
            yield f"{len(self.unknown)} are unknown, more than {lost}"

    def _of_report(self) -> Iterator[str]:
        code = _TEMPFAIL if self.unknown else _OK
        if self.exit_code != code:
            yield f"the exit code is {self.exit_code}, not {code}: {self.outputs[-1]}"
        # Commas or other separators of digits.
        report = re.sub(r"(?<=\d)[,\N{NARROW NO-BREAK SPACE}](?=\d{3})", "", self.outputs[-1])
        if self.unknown and not re.search(rf"\b{len(self.unknown)}\b.*unknown", report):
            yield f"the report does not say {len(self.unknown)} unknown: {report}"
        for output in self.outputs:
            if "Traceback" in output:
                yield output


def count(run: Mapping[str, Any], verdict: str) -> int:
    """Return how many members of *run* have the verdict."""
    return int(run.get("counts", {}).get(verdict, {}).get("total", 0))


def open_ends(run: Mapping[str, Any]) -> int:
    """Return the number of members of *run* with an unknown result."""
    return count(run, "unknown") + count(run, "sending")

# SPDX-License-Identifier: MIT
"""Changes a ledger into that of a run that was stopped near its end."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Columns that differ by member. All other columns follow from the verdict.
_OWN: Final = ("run", "id", "listed")

# The last members in the order of the run.
_LAST: Final = "(SELECT id FROM member ORDER BY run DESC, id DESC LIMIT 1 OFFSET :remaining - 1)"


@dataclass(frozen=True, slots=True)
class ExampleRows:
    """Rows written by sendprofile: a *waiting* member and a *sent* one."""

    waiting: Mapping[str, object]
    sent: Mapping[str, object]

    @classmethod
    def of(cls, ledger: Path) -> "ExampleRows":
        """Return the rows of a *ledger* that has one run with members of both kinds."""
        with closing(sqlite3.connect(ledger)) as file:
            file.row_factory = sqlite3.Row
            return cls(_example(file, "waiting"), _example(file, "sent"))

    def mark_all_but(self, ledger: Path, remaining: int) -> None:
        """Mark the last *remaining* members of *ledger* as waiting, and all others as sent."""
        with closing(sqlite3.connect(ledger)) as file, file:
            _update(file, self.sent, f"verdict = 'waiting' AND id < {_LAST}", remaining)
            _update(file, self.waiting, f"verdict = 'sent' AND id >= {_LAST}", remaining)


def _example(file: sqlite3.Connection, verdict: str) -> dict[str, object]:
    found = file.execute("SELECT * FROM member WHERE verdict = ? LIMIT 1", [verdict]).fetchone()
    return {name: found[name] for name in found.keys() if name not in _OWN}  # noqa: SIM118 - a Row


def _update(file: sqlite3.Connection, row: Mapping[str, object], who: str, remaining: int) -> None:
    changes = ", ".join(f"{column} = :{column}" for column in row)
    query = f"UPDATE member SET {changes} WHERE {who}"  # noqa: S608 - names of its own columns
    file.execute(query, {**row, "remaining": remaining})

# SPDX-License-Identifier: MIT
"""Makes of a ledger that of a run which was stopped near its end, by the fast route."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Of each row alone. All other columns are what the verdict makes them.
_OWN: Final = ("run", "id", "listed")

# The last ones: whom a run comes to at its end.
_LAST: Final = "(SELECT id FROM member ORDER BY run DESC, id DESC LIMIT 1 OFFSET :left - 1)"


@dataclass(frozen=True, slots=True)
class Examples:
    """What sendprofile itself wrote of one who is *waiting*, and of one who was *sent* to."""

    waiting: Mapping[str, object]
    sent: Mapping[str, object]

    @classmethod
    def of(cls, ledger: Path) -> "Examples":
        """Return those of a *ledger* that has one run, and some of both kinds."""
        with closing(sqlite3.connect(ledger)) as file:
            file.row_factory = sqlite3.Row
            return cls(_example(file, "waiting"), _example(file, "sent"))

    def leave(self, ledger: Path, left: int) -> None:
        """Have the last *left* members in *ledger* wait, and all others be sent to."""
        with closing(sqlite3.connect(ledger)) as file, file:
            _become(file, self.sent, f"verdict = 'waiting' AND id < {_LAST}", left)
            _become(file, self.waiting, f"verdict = 'sent' AND id >= {_LAST}", left)


def _example(file: sqlite3.Connection, verdict: str) -> dict[str, object]:
    found = file.execute("SELECT * FROM member WHERE verdict = ? LIMIT 1", [verdict]).fetchone()
    return {name: found[name] for name in found.keys() if name not in _OWN}  # noqa: SIM118 - a Row


def _become(file: sqlite3.Connection, row: Mapping[str, object], who: str, left: int) -> None:
    changes = ", ".join(f"{column} = :{column}" for column in row)
    query = f"UPDATE member SET {changes} WHERE {who}"  # noqa: S608 - names of its own columns
    file.execute(query, {**row, "left": left})

# SPDX-License-Identifier: MIT
"""The measured command lines of sendprofile."""

import sys
from itertools import count
from pathlib import Path
from typing import Final

#: The token in the configuration file; the measured servers ignore it.
TOKEN: Final = "theTokenOfTheBenchmarks"  # noqa: S105 - it opens nothing

#: The period of every run.
PERIOD: Final = "2026-10"

PROGRAM: Final = Path(sys.executable).with_name("sendprofile")


class Sender:
    """Makes the command lines of runs whose ledgers are in *folder*."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self.config = folder / "gsconfig.ini"
        folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text(
            f"[config-default]\nwebservice = default\n[webservice-default]\ntoken = {TOKEN}\n"
        )

    def new_ledger(self) -> Path:
        """Return the path of a new ledger; remove the previous one."""
        self.remove_ledgers()
        return self._folder / f"ledger-{next(self._numbers)}.sqlite3"

    def remove_ledgers(self) -> None:
        """Remove the ledgers of earlier runs, which may be large."""
        for old in self._folder.glob("ledger-*.sqlite3*"):
            old.unlink()

    def command(self, site: str, ledger: Path, *options: str) -> list[str]:
        """Return the command line that sends to all members of *site*."""
        where = ["--config", str(self.config), "--ledger", str(ledger), "--period", PERIOD]
        return [str(PROGRAM), *where, *options, site]

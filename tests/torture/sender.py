# SPDX-License-Identifier: MIT
"""The command as a process, with a configuration and a ledger that survive it."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limits import LIMIT

_CONFIG = """\
[config-default]
webservice = default

[webservice-default]
token = {token}
"""


def configure(folder: Path, token: str = "secret") -> Path:
    """Write a configuration file with *token* into *folder*, and return its path."""
    path = folder / "gsconfig.ini"
    path.write_text(_CONFIG.format(token=token))
    return path


@dataclass(frozen=True, slots=True)
class Sender:
    """``sendprofile`` for the site at *url*, with *jobs* in flight."""

    url: str
    config: Path
    ledger: Path
    jobs: str
    options: tuple[str, ...] = ()

    def start(self) -> subprocess.Popen[str]:
        """Start or resume the run, and return the process."""
        return subprocess.Popen(
            [*self._words, "-j", self.jobs, *self.options, self.url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def status(self) -> dict[str, Any]:
        """Return the one run of the ledger, as ``--json`` prints it, or {} if there is none.

        The program is started, not forked: the time it takes measures the load of the machine.
        """
        shown = subprocess.run(
            [*self._words, "--status", "--json", self.url],
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT,
            check=False,
        )
        try:
            runs = json.loads(shown.stdout)["runs"]
        except ValueError as error:
            raise ValueError(f"{shown.returncode}: {shown.stdout}{shown.stderr}") from error
        if len(runs) > 1:
            raise ValueError(f"{len(runs)} runs, not one")
        return dict(*runs)

    @property
    def _words(self) -> list[str]:
        program = [sys.executable, "-m", "gs.profile.status.send"]
        return [*program, "-c", str(self.config), "--ledger", str(self.ledger)]

# SPDX-License-Identifier: MIT
"""A fault that a test makes happen to the real command: its site, its ledger, its end."""

import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from servers.answers import Answer
from servers.authority import Authority
from servers.groupserver import GroupServer

from .conftest import Command
from .machine import rows

MEMBERS = [f"u{number}" for number in range(5)]


@dataclass(frozen=True)
class End:
    """How a command ended; the code is that of a shell."""

    code: int
    said: str


@dataclass
class Case:
    """What a scenario has at hand: :meth:`at` begins it, :meth:`run` is its command."""

    groupserver: Callable[..., GroupServer]
    sendprofile: Command
    authority: Authority
    folder: Path
    site: GroupServer | None = None
    url: str = ""
    #: Where the test finds the ledger, if not where the command does.
    seen: Path | None = None
    #: The verdicts, where the ledger does not outlast the scenario.
    found: set[str] = field(default_factory=set)
    #: Calls of the send hook that came before the fault.
    before: int = 0
    options: list[str] = field(default_factory=lambda: ["--timeout", "1"])

    @property
    def ledger(self) -> Path:
        return self.folder / "state" / "ledger.sqlite3"

    def at(self, members: Any = MEMBERS, **told: Any) -> GroupServer:
        """Start a site that lists *members*, in their order."""
        self.site = self.groupserver(members=members, **told)
        self.url = self.site.url
        return self.site

    def run(self, *argv: Any, **environment: str) -> End:
        """Run the command to its end."""
        words = ["--ledger", str(self.ledger), *self.options, *map(str, argv), self.url]
        done = self.sendprofile.run(*words, **environment)
        return End(done.returncode, done.stdout + done.stderr)

    def start(self, *argv: Any) -> subprocess.Popen[str]:
        """Start the command."""
        words = ["--ledger", str(self.ledger), *self.options[2:], *map(str, argv), self.url]
        return self.sendprofile.start(*words)

    def signalled(self, *numbers: signal.Signals, until: int) -> End:
        """Send the command signals, one after the other, when *until* requests have arrived."""
        process = self.start()
        self.site.wait_for_requests(until)
        said = ""
        for number in numbers:
            process.send_signal(number)
            if number is not numbers[-1]:
                said += process.stderr.readline()
        return self.ended(process, said)

    def ended(self, process: subprocess.Popen[str], said: str = "") -> End:
        """Wait for the end of *process*."""
        stdout, stderr = process.communicate(timeout=20)
        code = process.returncode
        return End(128 - code if code < 0 else code, said + stdout + stderr)

    def verdicts(self) -> set[str]:
        """Return the verdicts that members have in the ledger."""
        return set(rows(self.seen or self.ledger).values())


SENT = Answer.json({"status": 0, "message": "Sent"}, mails=True)

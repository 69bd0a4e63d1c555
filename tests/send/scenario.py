# SPDX-License-Identifier: MIT
"""The parts of a fault scenario: the real command, its site, its ledger, and its end."""

import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from limits import LIMIT
from servers import faults
from servers.answers import Answer
from servers.authority import Authority
from servers.groupserver import GroupServer
from servers.moves import Behaviour
from servers.request import Request

from .conftest import Command
from .disk import rows

#: How many members a site has for each value of -j, so that some of them wait.
SIZES = {"1": 5, "64": 69, "auto": 12}

#: The most calls in flight for each value of -j; in a test ``auto`` has far fewer.
MOST = {"1": 1, "64": 64, "auto": 64}

#: Runs a test with so many *jobs*.
JOBS = pytest.mark.parametrize("jobs", SIZES)


@dataclass(frozen=True)
class End:
    """How a command ended; the code is that of a shell."""

    code: int
    output: str


@dataclass
class Case:
    """The tools of a scenario: :meth:`at` starts its site, :meth:`run` runs its command."""

    groupserver: Callable[..., GroupServer]
    sendprofile: Command
    authority: Authority
    folder: Path
    #: How many calls may be in flight at once.
    jobs: str = "1"
    site: GroupServer | None = None
    url: str = ""
    #: The path of the ledger for the test, if it differs from that of the command.
    seen: Path | None = None
    #: The verdicts, if the ledger does not exist any more after the scenario.
    recorded: dict[str, str] = field(default_factory=dict)
    #: Calls of the send hook that came before the fault.
    before: int = 0

    @property
    def ledger(self) -> Path:
        return self.folder / "state" / "ledger.sqlite3"

    @property
    def in_flight(self) -> int:
        """The least calls in flight while the site answers none."""
        return int(self.jobs) if self.jobs.isdecimal() else 1

    @property
    def members(self) -> list[str]:
        """The default members of the site."""
        return [f"u{number}" for number in range(SIZES[self.jobs])]

    def at(self, members: Any = None, **options: Any) -> GroupServer:
        """Start a site that lists *members*."""
        self.site = self.groupserver(members=members or self.members, **options)
        self.url = self.site.url
        return self.site

    def run(self, *argv: Any, **environment: str) -> End:
        """Run the command to its end."""
        words = ["-j", self.jobs, "--ledger", str(self.ledger)]
        done = self.sendprofile.run(*words, *argv, self.url, **environment)
        return End(done.returncode, done.stdout + done.stderr)

    def start(self, *argv: Any) -> subprocess.Popen[str]:
        """Start the command."""
        words = ["-j", self.jobs, "--ledger", str(self.ledger)]
        return self.sendprofile.start(*words, *argv, self.url)

    def signalled(self, *numbers: signal.Signals, until: int) -> End:
        """Send the command signals, one after the other, when *until* requests have arrived."""
        process = self.start()
        self.site.wait_for_requests(until)
        output = ""
        for number in numbers:
            process.send_signal(number)
            if number is not numbers[-1]:
                output += process.stderr.readline()
        return self.ended(process, output)

    def ended(self, process: subprocess.Popen[str], output: str = "") -> End:
        """Wait for the end of *process*."""
        stdout, stderr = process.communicate(timeout=LIMIT)
        code = process.returncode
        return End(128 - code if code < 0 else code, output + stdout + stderr)

    def verdicts(self) -> dict[str, str]:
        """Return the verdicts that members have in the ledger."""
        return rows(self.seen or self.ledger)


SENT = Answer.json({"status": 0, "message": "Sent"}, mails=True)


def hanging(behaviour: Behaviour) -> Callable[[Request], Behaviour | None]:
    """Return a function that answers the first call as usual, and the others by *behaviour*."""
    first = iter([None])
    return lambda _: next(first, behaviour)


def last_words(site: GroupServer, count: int = 1) -> Callable[[Request], Behaviour]:
    """Return the last answers of *site*, to *count* calls that are in flight together.

    It listens no more when they have all arrived, and then answers them: so none of them is lost.
    """
    everybody = Barrier(count, site.stop_listening)

    def answer(_: Request) -> Behaviour:
        everybody.wait(LIMIT)
        # libcurl finds a dead idle connection only after a second, so leave no idle connection.
        return faults.last(SENT)

    return answer

# SPDX-License-Identifier: MIT
"""Fixtures: the command as a process, with its own configuration file and ledger."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from embedded.forks import run_forked
from gs.profile.status.send.cli import command
from limits import LIMIT

GSCONFIG = """\
[config-default]
webservice = default
database = default

[webservice-default]
token = {token}
"""


@dataclass
class Command:
    """``sendprofile`` with a configuration file, or with its default one.

    It has no patience with a site in trouble, unless the test says so.
    """

    config: Path | None

    @property
    def words(self):
        """The words that start the command."""
        config = ["-c", str(self.config)] if self.config else []
        return [sys.executable, "-m", "gs.profile.status.send", "--patience", "0", *config]

    def run(self, *argv, **environment):
        """Run it with *argv* to its end, and return what ``subprocess.run`` does."""
        if not environment:
            return run_forked(command, "sendprofile", *self.words[3:], *argv)
        # Some variables count when Python starts.
        return subprocess.run(
            [*self.words, *map(str, argv)],
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            timeout=LIMIT,
            check=False,
        )

    def start(self, *argv, **environment):
        """Start it with *argv*, and return the process."""
        return subprocess.Popen(
            [*self.words, *map(str, argv)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            env={**os.environ, **environment},
        )


@pytest.fixture
def signals_end_a_process():
    """Restore the default actions of the signals that end a process; nohup(1) ignores some."""
    usual = {
        signal.SIGHUP: signal.SIG_DFL,
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, action) for number, action in usual.items()}
    yield
    for number, action in before.items():
        signal.signal(number, action)


@pytest.fixture
def sendprofile(tmp_path):
    """Return the command, with the token of the test's sites in its configuration file."""
    config = tmp_path / "gsconfig.ini"
    config.write_text(GSCONFIG.format(token="secret"))
    return Command(config)


@pytest.fixture
def ledger(tmp_path):
    """Return the path of the ledger of the test."""
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def call(sendprofile, ledger):
    """Return a function that runs the command with the ledger of the test."""
    return lambda *argv: sendprofile.run("--ledger", ledger, *argv)

# SPDX-License-Identifier: MIT
"""Runs sendprofile-site, as a command that ends or as one that serves.

Each is a process of its own, but most are forked from one that has imported the program already:
to start Python and to import takes ten times as long as what the tests look at. What depends on
the start, such as a signal that comes early, uses :func:`started`.
"""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory

from gs.profile.status.site.cli import main
from limits import LIMIT, wait_until

SITE = Path(sys.executable).with_name("sendprofile-site")

_COMMANDS = Path(__file__).parents[2] / "src/gs/profile/status/site/commands"
_FORKS = multiprocessing.get_context("forkserver")
# What a command imports when it is called.
_FORKS.set_forkserver_preload(
    [
        "alembic.command",
        "gs.profile.status.site.app",
        *(f"gs.profile.status.site.commands.{file.stem}" for file in _COMMANDS.glob("[a-z]*.py")),
    ]
)


class Forked:
    """A command that was forked; what is used of it is as :class:`subprocess.Popen` has it."""

    def __init__(self, arguments, cwd=None, env=None):
        self.args = [str(SITE), *map(str, arguments)]
        self._folder = TemporaryDirectory()
        self._streams = [Path(self._folder.name) / name for name in ("stdout", "stderr")]
        environment = dict(os.environ if env is None else env)
        told = (self.args, str(cwd or Path.cwd()), environment, list(map(str, self._streams)))
        self._process = _FORKS.Process(target=_run_as_a_program, args=told, daemon=True)
        self._process.start()
        self.pid = self._process.pid

    @property
    def returncode(self):
        return self._process.exitcode

    def poll(self):
        return self.returncode

    def wait(self, timeout=LIMIT):
        self._process.join(timeout)
        if self.returncode is None:
            raise TimeoutExpired(self.args, timeout)
        return self.returncode

    def send_signal(self, number):
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout=LIMIT):
        self.wait(timeout)
        return tuple(stream.read_text("utf-8") for stream in self._streams)

    def close(self):
        self.kill()
        self._process.join()
        self._process.close()
        self._folder.cleanup()


def _run_as_a_program(args, cwd, environment, streams):
    """Make of this new process what the shell would make of a program of ours."""
    for number, stream in enumerate(streams, 1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(cwd)
    sys.argv = args
    sys.exit(main())


@contextmanager
def forked(*arguments, **options):
    process = Forked(arguments, **options)
    try:
        yield process
    finally:
        process.close()


def run(*arguments, **options):
    """Run a command to its end."""
    with forked(*arguments, **options) as process:
        stdout, stderr = process.communicate()
        return CompletedProcess(process.args, process.returncode, stdout, stderr)


@contextmanager
def started(*arguments):
    """Start the installed program itself."""
    process = subprocess.Popen(
        [SITE, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def copied(site, folder):
    """Give a copy, of a test's own, of the site that was made once for many; into *folder*."""
    return shutil.copytree(site, folder / "site")


@contextmanager
def running(*arguments, folder, start=forked):
    """Start a command that serves, and give it once it is ready, with what it says."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    with start(*arguments, "--ready-file", ready) as process:
        wait_until(lambda: ready.exists() or process.poll() is not None)
        yield process, json.loads(ready.read_text())

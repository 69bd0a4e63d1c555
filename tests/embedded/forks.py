# SPDX-License-Identifier: MIT
"""Runs our programs as processes forked from one that has imported them already.

Starting Python and importing takes ten times as long as most tests. Tests that depend on the
start of a program, such as on an early signal or on the locale, start the program itself.
"""

import multiprocessing
import os
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory

from limits import LIMIT

_SOURCE = Path(__file__).parents[2] / "src"
_NOT_IMPORTED = {"__init__", "__main__", "env", "script"}


def _modules():
    """Yield our modules, also those that a program imports late."""
    for file in sorted(_SOURCE.rglob("*.py")):
        if file.stem not in _NOT_IMPORTED:
            yield ".".join(file.relative_to(_SOURCE).with_suffix("").parts)


_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["alembic.command", *_modules()])


class Forked:
    """A forked program with the interface of :class:`subprocess.Popen`, as far as tests need it.

    *main* returns the exit code; *args* are the arguments, of which the first is the name.
    """

    def __init__(self, main, args, cwd=None, env=None):
        self.args = list(map(str, args))
        self._folder = TemporaryDirectory()
        self._streams = [Path(self._folder.name) / name for name in ("stdout", "stderr")]
        for stream in self._streams:
            stream.touch()
        environment = dict(os.environ if env is None else env)
        arguments = (main, self.args, str(cwd or Path.cwd()), environment, self._streams)
        self._process = _CONTEXT.Process(target=_be, args=arguments, daemon=True)
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

    def is_saying(self, words):
        return words in self._streams[0].read_text("utf-8")

    def close(self):
        self.kill()
        self._process.join()
        self._process.close()
        self._folder.cleanup()


def _be(main, args, cwd, environment, streams):
    """Run *main* in this new process as a shell would run the program."""
    for number, stream in enumerate(streams, 1):
        os.dup2(os.open(stream, os.O_WRONLY), number)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(cwd)
    sys.argv = args
    sys.exit(main())


@contextmanager
def forked(main, *args, **options):
    """Start a program, and kill it at the end of the context."""
    process = Forked(main, args, **options)
    try:
        yield process
    finally:
        process.close()


def run_forked(main, *args, **options):
    """Run a program until it ends; return the same as ``subprocess.run``."""
    with forked(main, *args, **options) as process:
        stdout, stderr = process.communicate()
        return CompletedProcess(process.args, process.returncode, stdout, stderr)

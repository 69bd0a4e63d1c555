# SPDX-License-Identifier: MIT
"""A forked program behaves like a started one: arguments, streams, exit code, signals."""

import os
import signal
import sys
import time
from pathlib import Path
from subprocess import TimeoutExpired

import pytest

from embedded.forks import forked, run_forked
from limits import wait_until


def show():
    words = [*sys.argv[1:], str(Path.cwd()), os.environ.get("SOME", ""), time.tzname[0]]
    sys.stdout.write("\n".join(words))
    sys.stderr.write("wrong\n")
    return 3


def sleep():
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    time.sleep(600)


def crash():
    raise RuntimeError("a fault")


def test_a_forked_program_has_arguments_streams_exit_code_folder_and_environment(tmp_path):
    done = run_forked(show, "name", "a", 1, cwd=tmp_path, env={"SOME": "thing", "TZ": "UTC-3"})
    assert (done.returncode, done.stderr) == (3, "wrong\n")
    assert done.stdout.splitlines() == ["a", "1", str(tmp_path), "thing", "UTC"]


def test_a_forked_program_has_the_environment_of_the_test(monkeypatch):
    monkeypatch.setenv("SOME", "other")
    assert "\nother\n" in run_forked(show, "name").stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_a_signal_ends_a_forked_program(number):
    with forked(sleep, "name") as process:
        wait_until(lambda: process.is_saying("ready"))
        assert process.poll() is None
        with pytest.raises(TimeoutExpired):
            process.wait(0.01)
        process.send_signal(number)
        assert process.communicate() == ("ready\n", "")
        assert process.returncode == -number


def test_an_exception_gives_exit_code_1():
    done = run_forked(crash, "name")
    assert done.returncode == 1
    assert "RuntimeError: a fault" in done.stderr


def test_a_forked_program_ends_with_its_context():
    with forked(sleep, "name") as process:
        pid = process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)

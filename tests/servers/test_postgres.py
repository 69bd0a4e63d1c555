# SPDX-License-Identifier: MIT
"""The private PostgreSQL server ends with the tests, also when they are killed."""

import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from limits import LIMIT, wait_until
from servers.postgres import postgres

PROGRAM = """
import sys, time
sys.path.insert(0, sys.argv[1])
from servers.postgres import postgres
with postgres() as server:
    print(server.folder, flush=True)
    time.sleep(600)
"""


def processes(folder):
    """Return the processes whose command line names *folder*."""
    result = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            told = file.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in told:
            result.append(told)
    return result


def gone(folder):
    return wait_until(lambda: not folder.exists() and not processes(folder))


def test_databases_are_copies_and_are_dropped_after_use():
    with postgres() as server:
        with psycopg.connect(server.url(server.make())) as connection:
            connection.execute("CREATE TABLE t AS SELECT 7 AS x")
            name = connection.info.dbname
        with server.database(name) as url, psycopg.connect(url) as connection:
            assert connection.execute("SELECT x FROM t").fetchone() == (7,)
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(url)
    assert gone(server.folder)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=str)
def test_a_server_ends_when_the_tests_are_killed(number):
    command = [sys.executable, "-c", PROGRAM, str(Path(__file__).parents[1])]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as tests:
        folder = Path(tests.stdout.readline().strip())
        assert processes(folder)
        tests.send_signal(number)
        tests.wait(LIMIT)
    assert gone(folder)


def test_a_failed_start_of_a_server_is_reported_with_its_output(monkeypatch):
    monkeypatch.setattr("servers.postgres._SETTINGS", "port = none\n")
    with pytest.raises(AssertionError, match=r"(?s)does not start.*port"), postgres():
        pass

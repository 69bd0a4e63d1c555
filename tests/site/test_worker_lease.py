# SPDX-License-Identifier: MIT
"""Processes that share a database know of each other which are alive."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import OperationalError

from embedded.database import only
from gs.profile.status.site.store.database import open_database
from gs.profile.status.site.store.workers import WorkerLease
from limits import LIMIT, wait_until

PROGRAM = """
import sys, time
from pathlib import Path
from gs.profile.status.site.store.database import open_database
from gs.profile.status.site.store.workers import WorkerLease
where = sys.argv[1]
engine = open_database(where if "://" in where else Path(where))
presence = WorkerLease(engine)
print(presence.worker, flush=True)
for line in sys.stdin:
    with engine.connect() as connection:
        print(presence.is_alive(connection, line.strip()), flush=True)
presence.close()
"""
# All sessions but our own and the one that asks.
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname IS NOT NULL
"""


@contextmanager
def process(where):
    """Start a process that is present; give it, with its worker."""
    command = [sys.executable, "-c", PROGRAM, str(where)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        try:
            yield other, other.stdout.readline().strip()
        finally:
            other.kill()


@pytest.fixture
def presence(town):
    made = WorkerLease(town.engine)
    yield made
    made.close()


@pytest.fixture
def is_alive(town, presence):
    def asked(worker):
        with town.engine.connect() as connection:
            return presence.is_alive(connection, worker)

    return asked


def ends(ask):
    """Wait until it is false: the server hears of a death a moment after it."""
    wait_until(lambda: not ask())


def test_a_worker_is_alive_for_itself(presence, is_alive):
    assert presence.is_present()
    assert is_alive(presence.worker)


@pytest.mark.parametrize("worker", ["12345", "", "no number", "-1", "0", "9" * 30, "²", "١"])
def test_an_unknown_worker_is_not_alive(is_alive, worker):
    assert not is_alive(worker)


def test_each_lease_has_its_own_worker(town):
    workers = set()
    for _ in range(5):
        presence = WorkerLease(town.engine)
        workers.add(presence.worker)
        presence.close()
    assert len(workers) == 5


@only("postgresql")
def test_a_worker_is_alive_until_its_process_is_killed(is_alive, presence, database):
    with process(database) as (other, worker):
        assert is_alive(worker)
        other.stdin.write(f"{presence.worker}\n")
        other.stdin.flush()
        assert other.stdout.readline() == "True\n"
        os.kill(other.pid, signal.SIGKILL)
        other.wait(LIMIT)
        ends(lambda: is_alive(worker))


@only("postgresql")
def test_a_suspended_process_is_alive(is_alive, database):
    with process(database) as (other, worker):
        os.kill(other.pid, signal.SIGSTOP)
        time.sleep(0.3)
        assert is_alive(worker)


@only("postgresql")
def test_a_process_that_exits_is_not_alive(is_alive, database):
    with process(database) as (other, worker):
        other.communicate(timeout=LIMIT)
        assert other.returncode == 0
        ends(lambda: is_alive(worker))


@only("postgresql")
def test_checking_a_dead_worker_does_not_make_it_alive(is_alive, town, presence):
    gone = WorkerLease(town.engine)
    gone.close()
    ends(lambda: is_alive(gone.worker))
    with town.engine.connect() as one, town.engine.connect() as another:
        assert not presence.is_alive(one, gone.worker)
        assert not presence.is_alive(another, gone.worker)


@only("sqlite")
def test_with_sqlite_no_other_worker_is_alive(is_alive, town):
    other = WorkerLease(town.engine)
    assert not is_alive(other.worker)
    other.close()


@only("postgresql")
def test_a_lost_lease_is_detected_and_renewed_with_a_new_worker(presence, is_alive, postgresql):
    before = presence.worker
    postgresql.run(CUT)
    ends(presence.is_present)
    presence.renew()
    assert presence.is_present()
    assert presence.worker != before
    assert is_alive(presence.worker)
    assert not is_alive(before)


@only("postgresql")
def test_renewal_ends_the_previous_worker(presence, is_alive):
    before = presence.worker
    presence.renew()
    assert is_alive(presence.worker)
    ends(lambda: is_alive(before))


@only("postgresql")
def test_a_failed_renewal_raises_and_can_be_retried(town, presence, postgresql):
    name = town.engine.url.database
    postgresql.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", CUT)
    ends(presence.is_present)
    with pytest.raises(OperationalError):
        presence.renew()
    assert not presence.is_present()
    postgresql.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    presence.renew()
    assert presence.is_present()


@only("postgresql")
def test_a_lease_does_not_use_the_connection_pool(town):
    present = [WorkerLease(town.engine) for _ in range(12)]
    with town.engine.connect() as connection:
        assert all(present[0].is_alive(connection, one.worker) for one in present)
    for one in present:
        one.close()
        one.close()


@only("postgresql")
def test_a_lease_is_released_after_its_engine_is_disposed(database, is_alive):
    engine = open_database(database)
    presence = WorkerLease(engine)
    engine.dispose()
    assert is_alive(presence.worker)
    presence.close()
    ends(lambda: is_alive(presence.worker))

# SPDX-License-Identifier: MIT
"""Worker leases: processes that share a database see which of the others are alive."""

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
# All sessions except our own and this one.
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname IS NOT NULL
"""


@contextmanager
def process(where):
    """Start a process with a lease; yield it and its worker."""
    command = [sys.executable, "-c", PROGRAM, str(where)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        try:
            yield other, other.stdout.readline().strip()
        finally:
            other.kill()


@pytest.fixture
def lease(db):
    made = WorkerLease(db.engine)
    yield made
    made.close()


@pytest.fixture
def is_alive(db, lease):
    def asked(worker):
        with db.engine.connect() as connection:
            return lease.is_alive(connection, worker)

    return asked


def wait_until_false(ask):
    """Wait until it is false: the server detects the end of a process with a delay."""
    wait_until(lambda: not ask())


def test_a_worker_is_alive_for_itself(lease, is_alive):
    assert lease.is_present()
    assert is_alive(lease.worker)


@pytest.mark.parametrize("worker", ["12345", "", "no number", "-1", "0", "9" * 30, "²", "١"])
def test_an_unknown_worker_is_not_alive(is_alive, worker):
    assert not is_alive(worker)


def test_each_lease_has_its_own_worker(db):
    workers = set()
    for _ in range(5):
        lease = WorkerLease(db.engine)
        workers.add(lease.worker)
        lease.close()
    assert len(workers) == 5


@only("postgresql")
def test_a_worker_is_alive_until_its_process_is_killed(is_alive, lease, database):
    with process(database) as (other, worker):
        assert is_alive(worker)
        other.stdin.write(f"{lease.worker}\n")
        other.stdin.flush()
        assert other.stdout.readline() == "True\n"
        os.kill(other.pid, signal.SIGKILL)
        other.wait(LIMIT)
        wait_until_false(lambda: is_alive(worker))


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
        wait_until_false(lambda: is_alive(worker))


@only("postgresql")
def test_checking_a_dead_worker_does_not_make_it_alive(is_alive, db, lease):
    gone = WorkerLease(db.engine)
    gone.close()
    wait_until_false(lambda: is_alive(gone.worker))
    with db.engine.connect() as one, db.engine.connect() as another:
        assert not lease.is_alive(one, gone.worker)
        assert not lease.is_alive(another, gone.worker)


@only("sqlite")
def test_with_sqlite_no_other_worker_is_alive(is_alive, db):
    other = WorkerLease(db.engine)
    assert not is_alive(other.worker)
    other.close()


@only("postgresql")
def test_a_lost_lease_is_detected_and_renewed_with_a_new_worker(lease, is_alive, postgresql):
    before = lease.worker
    postgresql.run(CUT)
    wait_until_false(lease.is_present)
    lease.renew()
    assert lease.is_present()
    assert lease.worker != before
    assert is_alive(lease.worker)
    assert not is_alive(before)


@only("postgresql")
def test_renewal_ends_the_previous_worker(lease, is_alive):
    before = lease.worker
    lease.renew()
    assert is_alive(lease.worker)
    wait_until_false(lambda: is_alive(before))


@only("postgresql")
def test_a_failed_renewal_raises_and_can_be_retried(db, lease, postgresql):
    name = db.engine.url.database
    postgresql.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", CUT)
    wait_until_false(lease.is_present)
    with pytest.raises(OperationalError):
        lease.renew()
    assert not lease.is_present()
    postgresql.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    lease.renew()
    assert lease.is_present()


@only("postgresql")
def test_a_lease_does_not_use_the_connection_pool(db):
    present = [WorkerLease(db.engine) for _ in range(12)]
    with db.engine.connect() as connection:
        assert all(present[0].is_alive(connection, one.worker) for one in present)
    for one in present:
        one.close()
        one.close()


@only("postgresql")
def test_a_lease_is_released_after_its_engine_is_disposed(database, is_alive):
    engine = open_database(database)
    lease = WorkerLease(engine)
    engine.dispose()
    assert is_alive(lease.worker)
    lease.close()
    wait_until_false(lambda: is_alive(lease.worker))

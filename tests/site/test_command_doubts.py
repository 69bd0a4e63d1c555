# SPDX-License-Identifier: MIT
"""``sendprofile-site doubts``: calls that can be resolved, and calls in progress."""

import json
import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from embedded.commands import SITE, copied, run, running
from embedded.database import only
from gs.profile.status.hooks import HookReply, Period, Status
from gs.profile.status.site.store.calls import CallRecord, IdempotencyKey, begin_calls, find_calls
from gs.profile.status.site.store.database import open_database
from gs.profile.status.site.store.workers import WorkerLease
from limits import LIMIT, wait_until

OLD = timedelta(days=9)
YOUNG = timedelta(seconds=1)


def begun(key, worker, age=YOUNG):
    """Return the record of a call that *worker* began some time ago."""
    return CallRecord(
        IdempotencyKey(key, "f"),
        "u1",
        Period(2025, 4),
        HookReply(Status.SENT, "Sent"),
        worker=worker,
        handing=datetime.now(UTC) - age,
        message_id="<m@x>",
    )


@dataclass
class DoubtSite:
    """A site with access to its database."""

    folder: Path
    engine: Engine

    def doubts(self, *options):
        return run("doubts", "--folder", self.folder, *options)

    def doubt(self, key, worker="1", age=YOUNG):
        with self.engine.begin() as connection:
            begin_calls(connection, [begun(key, worker, age)], {})

    def settled(self, *keys):
        """Return for each key: True if sent, False if not sent, None if in doubt."""
        with self.engine.connect() as connection:
            calls = find_calls(connection, keys)
        result = [calls[key] for key in keys]
        return [True if one.finished else None if one.handing else False for one in result]

    def trail(self):
        query = text("SELECT event_code, instance_user_id, instance_datum FROM audit_event")
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("empty_site") / "site"
    assert run("init", "--folder", folder).returncode == 0
    return folder


@pytest.fixture
def site(database, tmp_path, empty_site):
    folder = tmp_path / "site"
    if isinstance(database, Path):
        copied(empty_site, tmp_path)
        engine = open_database(folder / "site.sqlite3")
    else:
        assert run("init", "--folder", folder, "--database", database).returncode == 0
        engine = open_database(database)
    yield DoubtSite(folder, engine)
    engine.dispose()


def test_doubts_are_listed_and_resolved(site):
    for key in ("k1", "k2", "k3"):
        site.doubt(key)
    listed = site.doubts().stdout
    for part in ("k1", "k2", "u1", "2025-04", "<m@x>"):
        assert part in listed
    for part in ("--sent KEY", "--not-sent KEY"):
        assert f"sendprofile-site doubts --folder {site.folder} {part}\n" in listed
    assert "worked on" not in listed
    assert site.doubts("--sent", "k1", "k2", "k1").stdout == "2 resolved.\n"
    assert site.doubts("--not-sent", "k3").stdout == "1 resolved.\n"
    assert site.settled("k1", "k2", "k3") == [True, True, False]
    assert site.trail() == [("1", "u1", "2025-04")] * 2
    assert site.doubts().stdout == "Nothing is in doubt.\n"
    done = site.doubts("--sent", "k1")
    assert (done.returncode, "No call 'k1' is in doubt" in done.stderr) == (65, True)


def check_in_progress(site):
    listed = site.doubts().stdout
    assert "2 are in progress" in listed
    assert re.findall("^    (old|young), since", listed, re.MULTILINE) == ["old", "young"]
    assert "Nothing is in doubt." in listed
    for key in ("old", "young"):
        done = site.doubts("--not-sent", key)
        assert (done.returncode, "is in progress" in done.stderr) == (75, True)
    assert site.settled("old", "young") == [None, None]


@only("sqlite")
@pytest.mark.parametrize("doubts", [0, 2])
def test_a_starting_site_reports_the_number_of_doubts(site, tmp_path, doubts):
    for number in range(doubts):
        site.doubt(f"k{number}")
    with running("serve", "--folder", site.folder, folder=tmp_path) as (process, _):
        process.terminate()
        _, stderr = process.communicate(timeout=LIMIT)
    result = [line for line in map(json.loads, stderr.splitlines()) if "calls" in line]
    assert [(line["event"], line["calls"]) for line in result] == [("calls_in_doubt", 2)] * (
        doubts > 0
    )


@only("sqlite")
def test_a_call_in_progress_in_a_running_site_is_not_resolved(site, tmp_path):
    site.doubt("before")
    with running("serve", "--folder", site.folder, folder=tmp_path):
        site.doubt("old", age=OLD)
        site.doubt("young")
        # With SQLite there is one process, so calls begun before its start are abandoned.
        assert site.doubts("--not-sent", "before").stdout == "1 resolved.\n"
        check_in_progress(site)
    assert site.doubts("--not-sent", "old", "young").returncode == 0
    assert site.settled("old", "young") == [False, False]


@only("postgresql")
def test_a_call_in_progress_in_a_live_process_is_not_resolved(site):
    lease = WorkerLease(site.engine)
    site.doubt("old", lease.worker, OLD)
    site.doubt("young", lease.worker)
    check_in_progress(site)
    site.doubt("left")
    assert site.doubts("--not-sent", "left", "old").returncode == 75
    assert site.settled("left") == [None]
    assert site.doubts("--not-sent", "left").returncode == 0
    lease.close()
    assert site.doubts("--not-sent", "old", "young").returncode == 0


def test_an_abandoned_call_of_a_running_site_is_resolved(site, tmp_path):
    with running("serve", "--folder", site.folder, folder=tmp_path):
        site.doubt("not sent", worker="")
        site.doubt("sent", worker="")
        site.doubt("of another")
        assert "not sent\n    member" in site.doubts().stdout
        assert site.doubts("--not-sent", "not sent").returncode == 0
        assert site.doubts("--sent", "sent").returncode == 0
    assert site.settled("not sent", "sent", "of another") == [False, True, None]


@only("sqlite")
def test_an_unchanged_doubt_is_reported(site):
    site.doubt("k1")
    site.doubt("k2")
    # As if another process took it over after the list was read.
    with site.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER taken_over BEFORE UPDATE ON idempotency_key WHEN OLD.key = 'k1'"
            " BEGIN SELECT RAISE(IGNORE); END"
        )
    done = site.doubts("--sent", "k1", "k2")
    assert (done.returncode, done.stdout) == (75, "1 resolved.\n")
    assert "No longer in doubt, and unchanged: 'k1'." in done.stderr
    assert site.settled("k1", "k2") == [None, True]
    assert len(site.trail()) == 1


LOCKED_OUT = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@only("postgresql")
def test_a_doubt_taken_over_by_another_process_is_not_resolved(site):
    site.doubt("k", worker="")
    lease = WorkerLease(site.engine)
    with site.engine.connect() as connection, connection.begin() as transaction:
        assert begin_calls(connection, [begun("k", lease.worker)], {"k": ""}) == {"k"}
        command = [SITE, "doubts", "--folder", site.folder, "--not-sent", "k"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            wait_until(lambda: connection.scalar(LOCKED_OUT))
            transaction.commit()
            stdout, stderr = process.communicate(timeout=LIMIT)
    assert (process.returncode, stdout) == (75, "0 resolved.\n")
    assert "No longer in doubt, and unchanged: 'k'." in stderr
    assert site.settled("k") == [None]
    lease.close()

# SPDX-License-Identifier: MIT
"""The file of a ledger: its modes, creation, durability, migration and locks."""

import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from itertools import count
from pathlib import Path
from threading import Event

import pytest

from gs.profile.status.hooks import Period
from gs.profile.status.send.errors import LedgerError, NoLedgerError
from gs.profile.status.send.errorvals import code_of_error
from gs.profile.status.send.ledger import runs
from gs.profile.status.send.ledger.connection import MIGRATIONS, open_ledger, open_ledger_read_only
from gs.profile.status.send.run.model import MemberId, Outcome, Selection, Verdict
from limits import LIMIT
from servers import faults

from .disk import rows

MAKING = """
import sys
from itertools import count
from pathlib import Path
from gs.profile.status.send.ledger.connection import open_ledger
for number in count():
    open_ledger(Path(sys.argv[1]) / str(number) / "ledger.sqlite3").close()
    if number == 0:
        print("ready", flush=True)
"""

HOLDING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "ledger.sqlite3"


def python(code, *argv):
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, argv)], stdin=pipe, stdout=pipe, encoding="utf-8"
    )


def fill(file, *members):
    """Enrol *members* in a run of the ledger."""
    run = runs.open_run(file, "example.com", Period(2026, 10), time.time, again=False)
    run.ledger.enrol(map(MemberId, members))


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_can_read_the_files_of_a_ledger(groupserver, sendprofile, path, umask):
    site, released = groupserver(members=["u1"]), Event()
    site.on_send = faults.held(released)
    command = [*sendprofile.words, "--ledger", path, site.url]
    with subprocess.Popen(command, umask=umask) as process:
        site.wait_for_requests(2)
        modes = {file.name: oct(mode(file)) for file in path.parent.iterdir()}
        released.set()
    assert process.returncode == 0
    lock = next(name for name in modes if ".lock-" in name)
    names = ("ledger.sqlite3", "ledger.sqlite3-wal", "ledger.sqlite3-shm", lock)
    assert modes == dict.fromkeys(names, "0o600")
    assert mode(path.parent) == 0o700


def test_a_process_killed_while_it_creates_a_ledger_leaves_none_or_a_complete_one(tmp_path):
    chance, left = random.Random(3), []
    for number in count():
        if number >= 12 and left:
            break
        folder = tmp_path / str(number)
        with python(MAKING, folder) as process:
            process.stdout.readline()
            time.sleep(chance.uniform(0.005, 0.05))
            process.kill()
        for made in folder.iterdir():
            left += [file for file in made.iterdir() if ".new-" in file.name]
            if (made / "ledger.sqlite3").exists():
                open_ledger_read_only(made / "ledger.sqlite3").close()
            open_ledger(made / "ledger.sqlite3").close()


def test_files_of_a_killed_process_do_no_harm(path):
    path.parent.mkdir()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}.new-{os.getpid()}{suffix}").write_bytes(b"left" * 5000)
    with closing(open_ledger(path)) as file:
        fill(file, "u1")
    assert rows(path) == {"u1": "waiting"}
    assert [file.name for file in path.parent.iterdir()] == ["ledger.sqlite3"]


def test_processes_that_begin_at_once_create_one_ledger_and_mail_nobody_twice(
    groupserver, sendprofile, path
):
    members = [f"u{number}" for number in range(9)]
    site = groupserver(members=members)
    processes = [sendprofile.start("--ledger", path, site.url) for _ in range(5)]
    ends = [process.communicate(timeout=LIMIT)[1] for process in processes]
    codes = [process.returncode for process in processes]
    assert 0 in codes
    assert set(codes) <= {0, 75}, ends
    assert site.mailed == dict.fromkeys(members, 1)
    assert rows(path) == dict.fromkeys(members, "sent")
    assert not list(path.parent.glob("*.new-*"))


def test_a_commit_survives_a_power_cut(path):
    with closing(open_ledger(path)) as file:
        pragmas = ("journal_mode", "synchronous", "fullfsync")
        values = [file._connection.execute(f"PRAGMA {one}").fetchone()[0] for one in pragmas]
    assert values == ["wal", 2, 1]


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_claim_is_in_the_file_before_its_request_arrives(groupserver, sendprofile, path, jobs):
    members = [f"u{number}" for number in range(20)]
    site, seen = groupserver(members=members), {}

    def look(request):
        member = request.fields["profileId"]
        seen[member] = rows(path)[member]

    site.on_send = look
    assert sendprofile.run("-j", jobs, "--ledger", path, site.url).returncode == 0
    assert seen == dict.fromkeys(members, "sending")


def test_a_verdict_is_in_the_file_before_the_next_request_arrives(groupserver, sendprofile, path):
    site, seen = groupserver(members=[f"u{number}" for number in range(20)]), []
    site.on_send = lambda _: seen.append(sorted(set(rows(path).values())))
    assert sendprofile.run("--ledger", path, site.url).returncode == 0
    assert seen[0] == ["sending", "waiting"]
    assert seen[1:-1] == [["sending", "sent", "waiting"]] * 18
    assert seen[-1] == ["sending", "sent"]


def test_a_ledger_of_a_newer_version_is_refused_unchanged(groupserver, sendprofile, path):
    open_ledger(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    site, before = groupserver(members=["u1"]), path.read_bytes()
    for option in ((), ("--status",), ("--dry-run",)):
        done = sendprofile.run("--ledger", path, *option, site.url)
        assert done.returncode == 73
        assert f"The ledger {path} has the newer version 99" in done.stderr
        assert "Upgrade sendprofile" in done.stderr
    assert site.requests == []
    assert path.read_bytes() == before


def test_a_message_that_is_not_unicode_is_recorded(path):
    with closing(open_ledger(path)) as file:
        run = runs.open_run(file, "example.com", Period(2026, 10), time.time, again=False).ledger
        run.enrol([MemberId("u1")])
        run.queue(Selection(), 0)
        run.claim(1)
        run.record([Outcome(MemberId("u1"), Verdict.UNKNOWN, "no answer", "weird \udcff")])
        assert [record.outcome.message for record in run.unresolved()] == ["weird ?"]


@pytest.mark.parametrize("count", [3, 2_000], ids=["few members", "many members"])
def test_a_claim_fails_if_another_process_has_claimed_a_member(path, count):
    members = [MemberId(f"u{number:04}") for number in range(count)]
    with closing(open_ledger(path)) as file, closing(open_ledger(path)) as other:
        fill(file, *members)
        first, second = (
            runs.open_run(each, "example.com", Period(2026, 10), time.time, again=False).ledger
            for each in (file, other)
        )
        for ledger, member in ((first, members[0]), (second, members[1])):
            ledger.enrol(members)
            ledger.queue(Selection(), 0)
            assert [claim.member for claim in ledger.claim(1)] == [member]
        with pytest.raises(LedgerError, match="Another process changed the ledger"):
            first.claim(2)
        assert first.tally().counts == {(Verdict.SENDING, ""): 2, (Verdict.WAITING, ""): count - 2}


@pytest.fixture
def migrations(tmp_path):
    """Return a function that makes the migrations of a later version: one more than now."""

    def make(text):
        later = tmp_path / "later.sql"
        later.write_text(text)
        return [*MIGRATIONS, later]

    return make


def test_a_ledger_of_an_older_version_is_migrated_and_keeps_its_rows(path, migrations):
    with closing(open_ledger(path)) as file:
        fill(file, "u1", "u2")
    later = migrations("ALTER TABLE run ADD COLUMN note TEXT;\nUPDATE run SET note = 'kept';\n")
    with closing(open_ledger(path, later)) as file:
        version = file._connection.execute("PRAGMA user_version").fetchone()[0]
        notes = [row["note"] for row in file._connection.execute("SELECT note FROM run")]
    assert (version, notes) == (len(later), ["kept"])
    assert rows(path) == {"u1": "waiting", "u2": "waiting"}
    with closing(open_ledger(path, later)):
        pass  # a second migration would fail: the column exists


def test_a_failed_migration_does_not_change_the_ledger(path, migrations):
    with closing(open_ledger(path)) as file:
        fill(file, "u1")
    before = path.read_bytes()
    later = migrations("DELETE FROM member;\nALTER TABLE nosuch ADD COLUMN x;\n")
    with pytest.raises(LedgerError, match="no such table: nosuch"):
        open_ledger(path, later)
    assert path.read_bytes() == before
    with closing(open_ledger(path)):
        assert rows(path) == {"u1": "waiting"}


def test_the_busy_timeout_limits_the_wait_for_a_locked_ledger(path):
    open_ledger(path).close()
    with python(HOLDING, path) as holder:
        holder.stdout.readline()
        began = time.monotonic()
        with pytest.raises(LedgerError, match="Another program has it open") as raised:
            open_ledger(path, busy_timeout=0.3)
        assert time.monotonic() - began >= 0.3
        assert code_of_error(raised.value) == 74
        assert not isinstance(raised.value, NoLedgerError)
        holder.stdin.close()


def test_a_run_waits_for_a_ledger_that_another_program_has_locked(groupserver, sendprofile, path):
    site = groupserver(members=["u1"])
    open_ledger(path).close()
    with python(HOLDING, path) as holder:
        holder.stdout.readline()
        process = sendprofile.start("--ledger", path, site.url)
        time.sleep(1)
        assert process.poll() is None
        assert site.requests == []
        holder.stdin.close()
        _, stderr = process.communicate(timeout=LIMIT)
    assert (process.returncode, stderr) == (0, "")
    assert site.mailed == {"u1": 1}


def test_status_and_dry_run_do_not_change_the_ledger(groupserver, sendprofile, path):
    site = groupserver(members=["u1"])
    assert sendprofile.run("--ledger", path, site.url).returncode == 0
    before = path.read_bytes()
    for option in ("--status", "--dry-run"):
        assert sendprofile.run("--ledger", path, option, site.url).returncode == 0
    assert path.read_bytes() == before
    shutil.rmtree(path.parent)
    for option in ("--status", "--dry-run"):
        assert sendprofile.run("--ledger", path, option, site.url).returncode == 0
    assert not path.parent.exists()

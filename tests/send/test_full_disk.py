# SPDX-License-Identifier: MIT
"""A full disk: nothing is sent that cannot be recorded, and the run can be resumed."""

import re
import subprocess

import pytest

from limits import LIMIT

from .disk import rows, small_disk
from .scenario import JOBS, MOST


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk") as made:
        yield made


@pytest.fixture
def run(disk, sendprofile):
    """Return a function that runs the command with its ledger on the small disk."""

    def run(*argv):
        ledger = disk.place / "state" / "ledger.sqlite3"
        done = subprocess.run(
            [*disk.words, *sendprofile.words, "--ledger", str(ledger), *map(str, argv)],
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=LIMIT,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode != 70
        return done

    return run


@pytest.fixture
def ledger(disk):
    return disk.seen / "state" / "ledger.sqlite3"


def members(count, length=6):
    return [f"u{number:0{length}}" for number in range(count)]


def told_as_lost(done):
    """Return the members whose answers could not be recorded, with their verdicts."""
    line = re.search(r"Answered but not recorded; .*: (.*)", done.stderr)
    return dict(re.findall(r"(\w+) \((\w+)\)", line[1])) if line else {}


def test_on_a_full_disk_no_ledger_is_created_and_nothing_is_sent(groupserver, run, disk, ledger):
    site = groupserver(members=members(3))
    for room in (0, 4096, 16_384, 32_768):
        disk.leave(room) if room else disk.fill()
        done = run(site.url)
        assert done.returncode in (73, 74)
        assert "Nothing is sent that cannot be recorded" in done.stderr
        assert site.requests == []
        assert not ledger.exists()
        disk.make_room()
    assert run(site.url).returncode == 0
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_a_disk_that_fills_with_the_list_stops_the_run_before_it_sends(
    groupserver, run, disk, ledger
):
    long = members(300, length=2500)
    site = groupserver(members=members(2))
    assert run("--period", "2026-09", site.url).returncode == 0
    before = rows(ledger)
    disk.leave(400_000)
    site.members = long
    sends = len(site.sends)
    for _ in range(2):
        done = run("--period", "2026-10", site.url)
        assert done.returncode == 74
        assert "database or disk is full" in done.stderr
        assert "Free disk space, then run the same command to continue." in done.stderr
        assert len(site.sends) == sends
    assert rows(ledger) == before
    disk.make_room()
    site.members = long[:40]
    done = run("--period", "2026-10", site.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert site.mailed == dict.fromkeys([*members(2), *long[:40]], 1)


@pytest.mark.parametrize(
    ("jobs", "number"), [("1", 0), ("1", 40), ("64", 0), ("64", 7), ("64", 40), ("auto", 40)]
)
def test_a_disk_that_fills_in_the_middle_stops_the_run(
    groupserver, run, disk, ledger, jobs, number
):
    site = groupserver(members=members(200))

    site.on_send = [*[None] * number, lambda _: disk.fill(), None]
    done = run("-j", jobs, site.url)
    assert done.returncode == 74
    assert "Free disk space, then run the same command to continue." in done.stderr
    lost = told_as_lost(done)
    # The last attempt to record may find the space of one that failed before.
    assert lost or jobs != "1"
    assert len(lost) <= MOST[jobs]
    recorded = rows(ledger)
    assert {recorded[member] for member in site.mailed} <= {"sending", "sent"}
    assert {member for member, verdict in recorded.items() if verdict == "sending"} == set(lost)
    assert set(lost.values()) <= {"sent"}

    mailed = dict(site.mailed)
    again = run("-j", jobs, site.url)  # the disk is still full
    assert again.returncode == 74
    assert "run the same command to continue." in again.stderr
    assert not lost or site.mailed == mailed

    disk.make_room()
    done = run("-j", jobs, site.url)
    assert done.returncode == (75 if lost else 0)
    assert not lost or f"{200 - len(lost)} sent; {len(lost)} unknown" in done.stderr
    assert site.mailed == dict.fromkeys(members(200), 1)
    assert {member for member, is_ in rows(ledger).items() if is_ == "unknown"} == set(lost)


@JOBS
def test_with_keys_members_that_were_not_recorded_are_sent_to_again(groupserver, run, disk, jobs):
    site = groupserver(members=members(50), keys=86_400)

    site.on_send = [*[None] * 9, lambda _: disk.fill(), None]
    done = run("-j", jobs, site.url)
    assert done.returncode == 74
    assert jobs != "1" or told_as_lost(done)
    disk.make_room()
    done = run("-j", jobs, site.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert site.mailed == dict.fromkeys(members(50), 1)

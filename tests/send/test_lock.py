# SPDX-License-Identifier: MIT
"""One sendprofile at a time works on the runs of a site; a dead process has no lock."""

import fcntl
import os
import re
import signal
import socket
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Event

import pytest

from gs.profile.status.send.errors import LockHeldError
from gs.profile.status.send.ledger.connection import open_ledger
from gs.profile.status.send.ledger.lock import run_lock
from gs.profile.status.send.siteurl import SiteUrl
from limits import LIMIT
from servers import faults

MEMBERS = [f"u{number}" for number in range(5)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "ledger.sqlite3"


@pytest.fixture
def site(groupserver):
    return groupserver(members=MEMBERS)


@contextmanager
def a_run(site, sendprofile, path, released):
    """Start a run that waits for its second answer until *released*."""
    site.on_send = [None, faults.held(released), None]
    count = len(site.requests)
    process = sendprofile.start("--ledger", path, site.url)
    site.wait_for_requests(count + 3)
    try:
        yield process
    finally:
        released.set()
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGCONT)
        process.communicate(timeout=LIMIT)


def test_a_second_process_names_the_holder_of_the_lock(site, sendprofile, path):
    began = datetime.now().astimezone().replace(microsecond=0)
    with a_run(site, sendprofile, path, Event()) as first:
        asked = len(site.requests)
        # A held lock is not retried: the patience is longer than the test waits.
        done = sendprofile.run("--patience", 10 * LIMIT, "--ledger", path, site.url)
        assert done.returncode == 75
        holder = re.match(
            rf"Another sendprofile is working on the run of {site.netloc}: process (\d+) on (\S+) "
            r"since (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.\nNothing was sent. ",
            done.stderr,
        )
        assert (holder[1], holder[2]) == (str(first.pid), socket.gethostname())
        since = datetime.strptime(holder[3], "%Y-%m-%d %H:%M:%S").astimezone()
        assert began <= since <= datetime.now().astimezone()
        assert len(site.requests) == asked
    assert first.returncode == 0
    assert site.mailed == dict.fromkeys(MEMBERS, 1)


def test_a_ledger_by_another_name_is_the_same_ledger(site, sendprofile, path, tmp_path):
    (tmp_path / "link").symlink_to(path.parent)
    link = tmp_path / "other.sqlite3"
    link.symlink_to(path)
    with a_run(site, sendprofile, path, Event()):
        for other in (link, tmp_path / "link" / path.name, path.parent / "." / path.name):
            done = sendprofile.run("--ledger", other, site.url)
            assert done.returncode == 75
            assert "Another sendprofile is working on the run" in done.stderr
    assert site.mailed == dict.fromkeys(MEMBERS, 1)


def test_two_sites_in_one_ledger_can_run_at_once(groupserver, site, sendprofile, path):
    other = groupserver(members=MEMBERS, prefix="/gs")
    with a_run(site, sendprofile, path, Event()) as first:
        done = sendprofile.run("--ledger", path, other.url)
        assert (done.returncode, done.stderr) == (0, "")
        assert other.mailed == dict.fromkeys(MEMBERS, 1)
        assert first.poll() is None
    assert first.returncode == 0


def test_another_spelling_of_the_url_is_the_same_lock(sendprofile, path):
    open_ledger(path).close()
    site = SiteUrl.parse("http://localhost/").identity
    with run_lock(path, site, datetime.now().astimezone()):
        done = sendprofile.run("--ledger", path, "HTTPS://LOCALHOST.:443/")
    assert done.returncode == 75
    assert (
        f"Another sendprofile is working on the run of localhost: process {os.getpid()} on"
        in done.stderr
    )


def test_another_site_is_another_lock(tmp_path):
    ledger, now = tmp_path / "ledger.sqlite3", datetime.now().astimezone()
    with run_lock(ledger, "localhost", now), run_lock(ledger, "localhost:1", now):
        pass
    with (
        run_lock(ledger, "localhost", now),
        pytest.raises(LockHeldError),
        run_lock(ledger, "localhost", now),
    ):
        pass


def test_a_lock_file_that_is_removed_while_it_is_locked_is_created_again(tmp_path, monkeypatch):
    ledger, now = tmp_path / "ledger.sqlite3", datetime.now().astimezone()
    flock = fcntl.flock

    def remove_file_first(lock, operation):
        monkeypatch.undo()
        for file in tmp_path.glob("*.lock-*"):
            file.unlink()
        flock(lock, operation)

    monkeypatch.setattr(fcntl, "flock", remove_file_first)
    with run_lock(ledger, "localhost", now):
        with pytest.raises(LockHeldError), run_lock(ledger, "localhost", now):
            pass
        assert len(list(tmp_path.glob("*.lock-*"))) == 1


def test_a_killed_run_releases_the_lock(site, sendprofile, path):
    with a_run(site, sendprofile, path, Event()) as first:
        first.kill()
        first.wait(LIMIT)
        done = sendprofile.run("--ledger", path, site.url)
    assert done.returncode == 75
    assert "4 sent; 1 unknown" in done.stderr
    assert "Another sendprofile" not in done.stderr
    assert max(site.mailed.values()) == 1


def test_a_suspended_run_keeps_the_lock(site, sendprofile, path):
    with a_run(site, sendprofile, path, Event()) as first:
        first.send_signal(signal.SIGSTOP)
        assert (
            "Another sendprofile is working" in sendprofile.run("--ledger", path, site.url).stderr
        )


def test_the_content_of_a_lock_file_is_not_a_lock(site, sendprofile, path):
    assert sendprofile.run("--ledger", path, "--limit", "1", site.url).returncode == 75
    (lock,) = path.parent.glob("*.lock-*")
    for text in (
        f"process {os.getpid()} on {socket.gethostname()} since 2026-11-01",
        "",
        "\0" * 99,
    ):
        lock.write_text(text)
        done = sendprofile.run("--ledger", path, "--limit", "1", site.url)
        assert "Another sendprofile" not in done.stderr
    assert sum(site.mailed.values()) == 4


def test_the_content_of_a_lock_file_cannot_control_the_terminal(site, sendprofile, path):
    assert sendprofile.run("--ledger", path, site.url).returncode == 0
    (lock,) = path.parent.glob("*.lock-*")
    lock.write_bytes(b"\x1b[2J\xff\r\n" + b"x" * 9999)
    with lock.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = sendprofile.run("--ledger", path, site.url)
    assert done.returncode == 75
    assert "\x1b" not in done.stderr
    assert len(done.stderr) < 1000


def test_status_and_dry_run_work_during_a_run(site, sendprofile, path):
    with a_run(site, sendprofile, path, Event()) as first:
        looked = sendprofile.run("--ledger", path, "--status", site.url)
        rehearsed = sendprofile.run("--ledger", path, "--dry-run", site.url)
        assert (looked.returncode, looked.stderr) == (0, "")
        assert "1 invocation; the last one is still running, or was killed" in looked.stdout
        assert "5 members: 1 sent; 1 sending; 3 waiting" in looked.stdout
        assert (rehearsed.returncode, rehearsed.stderr) == (0, "")
        assert (
            "3 would be sent to; 1 sent or skipped before; 1 unknown and not sent"
            in rehearsed.stdout
        )
    assert first.returncode == 0
    assert site.mailed == dict.fromkeys(MEMBERS, 1)

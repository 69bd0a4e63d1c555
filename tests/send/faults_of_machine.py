# SPDX-License-Identifier: MIT
"""The faults of the machine of the sender, by the first cells of their rows in the manual."""

import signal
import sqlite3
import subprocess
from contextlib import closing
from datetime import datetime
from threading import Event, Lock

from gs.profile.status.send.errors import LedgerError
from gs.profile.status.send.errorvals import code_of_error
from gs.profile.status.send.ledger.connection import open_ledger
from gs.profile.status.send.ledger.lock import run_lock
from gs.profile.status.send.siteurl import SiteUrl
from limits import LIMIT, wait_until
from servers import faults

from .disk import WITHOUT_RIGHTS, small_disk
from .scenario import End, hanging
from .test_ledger_damage import PAGE, a_folder, another_programs, cut, overwritten, written


def damaged(damage):
    """Return the scenario in which the ledger of a complete run is damaged."""

    def happen(case):
        finish(case)
        damage(case.ledger)
        return case.run()

    return happen


def finish(case):
    """Send to all members."""
    case.at()
    assert case.run().code == 0
    case.before = len(case.site.sends)


def newer(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def forbidden(path):
    path.chmod(0o400)


def without_rights(case):
    """Run the command as a user who has to obey file modes."""
    argv = [*WITHOUT_RIGHTS, *case.sendprofile.words, "-j", case.jobs]
    argv += ["--ledger", str(case.ledger), case.url]
    done = subprocess.run(argv, capture_output=True, encoding="utf-8", timeout=LIMIT, check=False)
    return End(done.returncode, done.stdout + done.stderr)


def read_only(case):
    finish(case)
    forbidden(case.ledger)
    return without_rights(case)


def folder_closed(case):
    case.at()
    case.ledger.parent.mkdir(mode=0o500)
    return without_rights(case)


def no_home(case):
    case.at()
    done = case.sendprofile.run("-j", case.jobs, case.url, HOME="/dev/null")
    return End(done.returncode, done.stderr)


def locked(case):
    # In this process, because here the time-out of a minute can be made shorter.
    finish(case)
    with closing(sqlite3.connect(case.ledger, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        try:
            open_ledger(case.ledger, busy_timeout=0.1).close()
        except LedgerError as error:
            return End(code_of_error(error), str(error))
    raise AssertionError("it was opened")


def on_small_disk(scenario):
    """Return the *scenario* with its ledger on a small disk, which is its second argument."""

    def happen(case):
        with small_disk(case.folder / "disk") as disk:
            ledger = disk.place / "l.sqlite3"
            case.seen = disk.seen / "l.sqlite3"

            def run():
                argv = [*disk.words, *case.sendprofile.words, "-j", case.jobs]
                argv += ["--ledger", str(ledger), case.url]
                done = subprocess.run(argv, capture_output=True, encoding="utf-8", check=False)
                return End(done.returncode, done.stdout + done.stderr)

            end = scenario(case, disk, run)
            case.recorded = case.verdicts() if case.seen.exists() else {}
            return end

    return happen


def full_before(case, disk, run):
    case.at()
    disk.fill()
    return run()


def full_with_list(case, disk, run):
    case.at([f"u{number:02500}" for number in range(300)])
    disk.leave(400_000)
    return run()


def full_in_the_middle(case, disk, run):
    lock, steps = Lock(), [disk.fill]

    def fill(_):
        with lock:
            while steps:
                # Nothing is recorded any more: the other calls in flight are answered afterwards.
                wait_until(lambda: "sent" in case.verdicts().values())
                steps.pop()()

    case.at().on_send = hanging(fill)
    return run()


def room_again(case, disk, run):
    full_in_the_middle(case, disk, run)
    disk.make_room()
    return run()


def another_process(case):
    case.at()
    case.ledger.parent.mkdir()
    site = SiteUrl.parse(case.url).identity
    with run_lock(case.ledger, site, datetime.now().astimezone()):
        return case.run()


def first_signal(number):
    """Return the scenario in which a signal arrives while a call is in flight."""

    def happen(case):
        site, released = case.at(), Event()
        site.on_send = hanging(lambda _: faults.held(released))
        process = case.start()
        site.wait_for_requests(3)
        process.send_signal(number)
        output = process.stderr.readline()
        released.set()
        return case.ended(process, output)

    return happen


def second_signal(case):
    case.at().on_send = hanging(lambda _: faults.never())
    return case.signalled(signal.SIGTERM, signal.SIGINT, until=3)


def signal_before(case):
    case.at().on_members = faults.never()
    return case.signalled(signal.SIGTERM, until=1)


def killed(case, **options):
    site, released = case.at(**options), Event()
    site.on_send = hanging(lambda _: faults.held(released))
    end = case.signalled(signal.SIGKILL, until=3)
    released.set()
    site.on_send = None
    return end


def called_after(case):
    killed(case)
    return case.run()


def called_after_with_keys(case):
    killed(case, keys=86_400)
    return case.run("--patience", LIMIT)


def called_too_late(case):
    killed(case, keys=86_400)
    case.site.keys = 1
    return case.run()


def again_too_early(case):
    case.at()
    case.run("--limit", "2")
    case.before = len(case.site.sends)
    return case.run("--again")


FAULTS = {
    "`sendprofile` is killed, and run again": called_after_with_keys,
    "`sendprofile` is killed, and run again after the site has forgotten the key": (
        called_too_late
    ),
    "there is a folder in its place": damaged(a_folder),
    "its folder cannot be written": folder_closed,
    "there is no home folder for it": no_home,
    "it is not a file of SQLite": damaged(written(b"Dear reader,\n" * 99)),
    "it is a file of another program": damaged(another_programs),
    "it was written by a newer `sendprofile`": damaged(newer),
    "it is empty": damaged(written(b"")),
    "it is truncated": damaged(cut(-PAGE - 100)),
    "it is damaged": damaged(overwritten(5)),
    "it cannot be written": read_only,
    "another program has locked it for more than a minute": locked,
    "the disk is full before the run": on_small_disk(full_before),
    "the disk fills with the list of members": on_small_disk(full_with_list),
    "the disk fills in the middle of the run": on_small_disk(full_in_the_middle),
    "there is space again": on_small_disk(room_again),
    "another `sendprofile` works on the run": another_process,
    "Control-C, or SIGINT": first_signal(signal.SIGINT),
    "SIGTERM": first_signal(signal.SIGTERM),
    "SIGHUP: the terminal is closed": first_signal(signal.SIGHUP),
    "a second signal": second_signal,
    "a signal while the list is being retrieved": signal_before,
    "SIGKILL": killed,
    "the next run of the command": called_after,
    "`--again` while members wait": again_too_early,
}

# SPDX-License-Identifier: MIT
"""A file that is not a ledger, or a damaged one, is refused unchanged, and nothing is sent."""

import os
import random
import sqlite3
import subprocess
from contextlib import closing
from itertools import cycle

import pytest

from limits import LIMIT

from .disk import WITHOUT_RIGHTS

#: The invocations that do not write: all open the ledger in the same way.
LOOKS = [("--status",), ("--status", "--json"), ("--dry-run",)]
PAGE = 4096


def replaced(old, new, number=-1):
    """Return a function that replaces *old* by *new* in a file."""

    def damage(path):
        pieces = path.read_bytes().split(old)
        assert len(pieces) > 1
        number_ = number % (len(pieces) - 1)
        head, tail = old.join(pieces[: number_ + 1]), old.join(pieces[number_ + 1 :])
        path.write_bytes(head + new + tail)

    return damage


def cut(size):
    def damage(path):
        path.write_bytes(path.read_bytes()[:size])

    return damage


def written(content):
    def damage(path):
        path.write_bytes(content)

    return damage


def overwritten(page):
    """Return a function that overwrites a page, counted from 0, with garbage."""

    def damage(path):
        content = bytearray(path.read_bytes())
        content[page * PAGE : (page + 1) * PAGE] = random.Random(page).randbytes(PAGE)
        path.write_bytes(content)

    return damage


def a_folder(path):
    path.unlink()
    path.mkdir()


def a_fifo(path):
    path.unlink()
    os.mkfifo(path)


def another_programs(path):
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmark (url TEXT)")


EMPTY, CORRUPT = "is empty or truncated", "is corrupt"
NO_FILE, NO_DATABASE = "is not a regular file", "file is not a database"

# The damage to the ledger of a complete run, the exit code, the message.
DAMAGES = {
    "a folder": (a_folder, 73, NO_FILE),
    "a FIFO": (a_fifo, 73, NO_FILE),
    "empty": (written(b""), 74, EMPTY),
    "a text": (written(b"Dear reader,\n" * 99), 73, NO_DATABASE),
    "a short text": (written(b"Dear reader,\n"), 73, NO_DATABASE),
    "zeros": (written(bytes(9 * PAGE)), 73, NO_DATABASE),
    "of another program": (another_programs, 73, "a file of another program"),
    "cut in its header": (cut(60), 74, EMPTY),
    "cut in its first page": (cut(2000), 74, CORRUPT),
    "cut after its first page": (cut(PAGE), 74, CORRUPT),
    "cut in the middle of a page": (cut(-PAGE - 100), 74, CORRUPT),
    "without its last page": (cut(-PAGE), 74, CORRUPT),
    "garbage in its first page": (overwritten(0), 73, NO_DATABASE),
    **{f"garbage in page {n}": (overwritten(n), 74, CORRUPT) for n in range(1, 7)},
    "a verdict that is none": (replaced(b"u2sent", b"u2rent"), 74, CORRUPT),
    "IDs out of their order": (replaced(b"u2sent", b"u\xb2sent"), 74, CORRUPT),
    "an ID that changed": (replaced(b"u2sent", b"z2sent"), 74, CORRUPT),
    "an index that has lost a run": (replaced(b"2026-10", b"2026-1p"), 74, CORRUPT),
}


@pytest.fixture
def site(groupserver):
    return groupserver(members=["u1", "u2", "u3"])


@pytest.fixture
def path(site, sendprofile, tmp_path):
    """Return the ledger of a complete run with three members."""
    path = tmp_path / "state" / "ledger.sqlite3"
    done = sendprofile.run("--period", "2026-10", "--ledger", path, site.url)
    assert done.returncode == 0
    return path


def refused(done, path):
    assert "Traceback" not in done.stderr
    assert str(path) in done.stderr
    assert len(done.stderr.splitlines()) <= 3
    return done.returncode


@pytest.mark.parametrize(
    ("damage", "code", "says", "look"),
    [(*each, look) for each, look in zip(DAMAGES.values(), cycle(LOOKS))],
    ids=list(DAMAGES),
)
def test_a_damaged_ledger_is_refused(site, sendprofile, path, damage, code, says, look):
    damage(path)
    before = path.read_bytes() if path.is_file() else None
    asked, mailed = len(site.requests), dict(site.mailed)
    for call in ((), look):
        done = sendprofile.run("--period", "2026-10", "--ledger", path, *call, site.url)
        assert refused(done, path) == code
        assert says in done.stderr
        assert done.stdout == ""
    assert len(site.requests) == asked
    assert site.mailed == mailed
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_flipped_bit_causes_no_traceback(site, sendprofile, path):
    whole, chance = path.read_bytes(), random.Random(11)
    site.stop()  # damage that is not found must not cause mails
    codes = set()
    for number in range(20):
        content = bytearray(whole)
        # In the used part of the pages, which grow from their end.
        page = number % 7
        content[(page + 1) * PAGE - 1 - chance.randrange(60)] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        done = sendprofile.run("--ledger", path, chance.choice(["-v", "--status"]), site.url)
        codes.add(done.returncode)
        assert "Traceback" not in done.stderr, done.stderr
    assert 74 in codes
    assert codes <= {0, 73, 74, 75}


# The modes of the folder and of the ledger, the exit codes of a run and of --status, the message.
FORBIDDEN = [
    (0o700, 0o400, 74, 0, "Give this user write access"),
    (0o500, 0o600, 73, 73, "Give this user write access"),
    (0o500, 0o400, 73, 73, "Give this user write access"),
    (0o700, 0o000, 73, 73, "Permission denied"),
    (0o700, 0o200, 73, 73, "Permission denied"),
    (0o000, 0o600, 73, 73, "Permission denied"),
]


@pytest.mark.parametrize(("folder", "file", "code", "looking", "says"), FORBIDDEN)
def test_a_ledger_without_write_access_is_refused(
    site, sendprofile, path, folder, file, code, looking, says
):
    before, asked = path.read_bytes(), len(site.requests)
    path.chmod(file)
    path.parent.chmod(folder)
    done = without_rights(sendprofile, "--ledger", path, "--period", "2026-11", site.url)
    looked = without_rights(sendprofile, "--ledger", path, "--status", site.url)
    path.parent.chmod(0o700)
    path.chmod(0o600)
    assert refused(done, path) == code
    assert says in done.stderr
    assert looked.returncode == looking
    assert "Traceback" not in looked.stderr
    assert len(site.requests) == asked
    assert path.read_bytes() == before


def test_a_ledger_that_cannot_be_created_is_73(site, sendprofile, tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    for path in (folder / "l.sqlite3", folder / "below" / "l.sqlite3"):
        done = without_rights(sendprofile, "--ledger", path, site.url)
        assert refused(done, path) == 73
    for path in (sendprofile.config / "l.sqlite3", tmp_path / ("x" * 300), "/dev/null"):
        done = sendprofile.run("--ledger", path, site.url)
        assert refused(done, path) == 73
    assert site.requests == []


def without_rights(sendprofile, *argv):
    return subprocess.run(
        [*WITHOUT_RIGHTS, *sendprofile.words, *map(str, argv)],
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT,
        check=False,
    )

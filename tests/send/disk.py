# SPDX-License-Identifier: MIT
"""Small disks, commands without the rights of root, and the verdicts in a ledger."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

#: Words before a command that has to obey file modes even if its user is root. (Another user may
#: not have access to this Python.)
WITHOUT_RIGHTS = (
    ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
)


@dataclass(frozen=True)
class Disk:
    """A small disk at *place*, for commands that begin with *words*.

    The test sees it at *seen*; a namespace of its own has it elsewhere.
    """

    place: Path
    words: list[str]
    seen: Path

    def fill(self) -> None:
        """Fill the disk completely."""
        self._fill("filler")

    def leave(self, size: int) -> None:
        """Fill the disk except for about *size* bytes."""
        (self.seen / "reserve").write_bytes(bytes(size))
        self._fill("filler")
        (self.seen / "reserve").unlink()

    def make_room(self) -> None:
        """Free the space again."""
        (self.seen / "filler").unlink()

    def _fill(self, name: str) -> None:
        # A page at a time, so that less than a page stays free.
        with (self.seen / name).open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                return


@contextmanager
def small_disk(place: Path, size: str = "8m") -> Iterator[Disk]:
    """Make a disk of *size* at *place*, by mount(8), or in a namespace if that is not allowed."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        try:
            yield Disk(place, [], place)
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)
    else:
        with _namespace(mount) as pid:
            enter = ["nsenter", f"--target={pid}", "--user", "--mount", "--preserve-credentials"]
            yield Disk(place, enter, Path(f"/proc/{pid}/root{place}"))


@contextmanager
def _namespace(mount: list[str]) -> Iterator[int]:
    script = '"$@" && echo mounted && exec cat'
    unshare = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", *mount]
    pipe = subprocess.PIPE
    with subprocess.Popen(unshare, stdin=pipe, stdout=pipe, stderr=pipe) as holder:
        try:
            if holder.stdout.readline() != b"mounted\n":
                pytest.skip(
                    f"NO SMALL DISK HERE, so a full one is not tested: {mount[0]} and "
                    f"unshare are both refused: {holder.stderr.read().decode()}"
                )
            yield holder.pid
        finally:
            holder.stdin.close()


def rows(ledger: Path) -> dict[str, str]:
    """Return the verdicts of all members in *ledger*, read from a copy."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        for suffix in ("", "-wal"):
            if (file := Path(f"{ledger}{suffix}")).exists():
                shutil.copy(file, f"{copy}{suffix}")
        with closing(sqlite3.connect(copy)) as connection:
            return dict(connection.execute("SELECT id, verdict FROM member"))

# SPDX-License-Identifier: MIT
"""Where the ledger of a run is kept: opened anew by each call, however the one before ended."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from gs.profile.status.hooks import Period
from gs.profile.status.send.ledger import runs
from gs.profile.status.send.ledger.file import open_ledger

from .fakes import Clock
from .memory_ledger import MemoryLedger


@dataclass
class Book:
    """A ledger in memory, whose book outlasts it."""

    clock: Clock

    def __post_init__(self):
        self.book = {}

    def open(self):
        return MemoryLedger(self.clock, self.book)

    def close(self):
        pass


@dataclass
class File:
    """A ledger in a file: a crash drops the connection as it is."""

    clock: Clock

    def __post_init__(self):
        memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # disks are slow
        self.folder = tempfile.TemporaryDirectory(prefix="ledger-", dir=memory)
        self.file = None

    def open(self):
        if self.file:
            self.file.close()
        self.file = open_ledger(Path(self.folder.name) / "ledger.sqlite3")
        begun = runs.open_run(self.file, "example.com", Period(2026, 10), self.clock, again=False)
        return begun.ledger

    def close(self):
        self.file.close()
        self.folder.cleanup()

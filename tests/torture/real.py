# SPDX-License-Identifier: MIT
"""Our own site as a process, which can be killed, with a mail file for each mail."""

import json
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from email import message_from_binary_file
from email.policy import default
from pathlib import Path
from typing import Self

_SITE = Path(sys.executable).with_name("sendprofile-site")
_PATIENCE = 60.0
#: The month in which everybody wrote, and is mailed about.
PERIOD = "2025-04"
_MESSAGE = """\
From u{number}@corp.example  Sun Apr  6 11:55:11 2025
From: Jane {number} <u{number}@corp.example>
Date: Sun, 6 Apr 2025 11:55:11 +0000
Message-ID: <{number}@corp.example>
Subject: [garden] Tea {number}

Who would like some tea?

"""


@dataclass(eq=False, slots=True)
class RealSite:
    """``sendprofile-site`` with *size* members in a *folder*, while its context lasts."""

    folder: Path
    size: int
    honours_keys: bool = field(default=True, init=False)
    to_mail: frozenset[str] = field(default=frozenset(), init=False)
    to_skip: frozenset[str] = field(default=frozenset(), init=False)
    url: str = field(default="", init=False)
    config: Path = field(default=Path(), init=False)
    _process: subprocess.Popen[str] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        (self.folder / "archives").mkdir()
        with (self.folder / "archives/garden.mbox").open("w") as archive:
            archive.writelines(_MESSAGE.format(number=number) for number in range(self.size))
        words = [_SITE, "import-mbox", self.folder / "archives", "--folder", self._site]
        subprocess.run(words, check=True, capture_output=True, timeout=_PATIENCE)
        self.start()
        self.to_mail = frozenset(self._members().values())
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Serve: at the same URL as before, after a kill."""
        ready = self.folder / "ready.json"
        ready.unlink(missing_ok=True)
        port = self.url.rstrip("/").rpartition(":")[2] or "0"
        words = ["serve", "--folder", self._site, "--port", port, "--ready-file", ready]
        self._process = subprocess.Popen(
            [_SITE, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8"
        )
        deadline = time.monotonic() + _PATIENCE
        while not self.url or not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"The site does not start: {self._end()}")
            time.sleep(0.01)
            with suppress(FileNotFoundError, ValueError):
                said = json.loads(ready.read_text())
                self.url, self.config = said["url"], Path(said["config"])

    def kill(self) -> None:
        """Kill it, with ``SIGKILL``, in whatever it is doing."""
        self._end()

    @property
    def mailed(self) -> Counter[str]:
        """How many files there are in its Maildir for each member."""
        members = self._members()
        mails: Counter[str] = Counter()
        for path in self._mails():
            with path.open("rb") as file:
                (address,) = message_from_binary_file(file, policy=default)["To"].addresses
            mails[members[address.addr_spec]] += 1
        return mails

    def progress(self) -> int:
        """Return how many mails there are."""
        return len(self._mails())

    @property
    def _site(self) -> Path:
        return self.folder / "site"

    def _mails(self) -> list[Path]:
        return list(self._site.glob("Maildir/new/*"))

    def _members(self) -> dict[str, str]:
        query = "SELECT email, user_id FROM user_email"
        with closing(sqlite3.connect(self._site / "site.sqlite3")) as database:
            return dict(database.execute(query).fetchall())

    def _end(self) -> str:
        if self._process is None:
            return ""
        self._process.kill()
        return self._process.communicate()[1]

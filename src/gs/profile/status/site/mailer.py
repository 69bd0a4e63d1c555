# SPDX-License-Identifier: MIT
"""Handing a mail over: to a Maildir folder, for trials."""

import os
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

_FOLDERS: Final = ("tmp", "new", "cur")


class Mailer(Protocol):
    """Takes the responsibility for a mail."""

    def hand_over(self, message: EmailMessage, key: str | None = None) -> None:
        """Take *message*: once this has returned, a crash does not lose it.

        Under its *key* the mailer can say later that it has taken it. Raises :exc:`OSError` where
        the mail was not taken.
        """

    def has_taken(self, key: str) -> bool:
        """Return whether a mail was taken under that *key*, by this process or one before it.

        Both answers are certain: after ``False`` the mail is handed over again. A mailer that
        cannot know raises an :exc:`OSError`, and nobody is mailed.
        """


@dataclass(frozen=True, slots=True)
class Maildir:
    """A folder with a file for each mail, as every mail program reads it.

    The standard library's own is not used: it never syncs the directories, so that a power cut
    right after the hand-over may lose the mail.
    """

    folder: Path
    clock: Callable[[], float] = time.time
    token: Callable[[], str] = field(default=partial(secrets.token_hex, 8))

    def hand_over(self, message: EmailMessage, key: str | None = None) -> None:
        """Deliver *message*: written and synced in ``tmp``, then moved to ``new``, durably."""
        self._make_folders()
        name = self._unique_name()
        # In "tmp" never the key's name: what a crash left there must not be in the way.
        written = self.folder / "tmp" / name
        delivered = self.folder / "new" / (name if key is None else _name_of(key))
        try:
            _write_durably(written, message.as_bytes())
            written.rename(delivered)
        except BaseException:
            written.unlink(missing_ok=True)
            raise
        _sync(delivered.parent)

    def has_taken(self, key: str) -> bool:
        """Return whether the mail of that *key* is in ``new``, or in ``cur`` as a reader left it.

        It is not found again once somebody has deleted it, or moved it to another folder.
        """
        name = _name_of(key)
        # In this order, for it is the one in which a reader moves a mail.
        for folder in (self.folder / "new", self.folder / "cur"):
            if any(found.startswith(name) for found in _listed(folder)):
                _sync(folder)  # whoever put it there may have died before
                return True
        return False

    def _make_folders(self) -> None:
        if (self.folder / _FOLDERS[-1]).is_dir():
            return
        for name in _FOLDERS:
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync(self.folder)
        _sync(self.folder.parent)

    def _unique_name(self) -> str:
        # A colon would begin the flags, and a slash a folder.
        host = socket.gethostname().replace("/", r"\057").replace(":", r"\072")
        return f"{int(self.clock())}.R{self.token()}.{host}"


def _name_of(key: str) -> str:
    # No host and no time, as other names have: neither must change between two calls. Of the
    # same length for every key, so that none begins another.
    return f"K{sha256(key.encode()).hexdigest()}"


def _listed(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except FileNotFoundError:
        return []


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

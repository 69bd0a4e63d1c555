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
from pathlib import Path
from typing import Final, Protocol

_FOLDERS: Final = ("tmp", "new", "cur")


class Mailer(Protocol):
    """Takes the responsibility for a mail."""

    def hand_over(self, message: EmailMessage) -> None:
        """Take *message*: once this has returned, a crash does not lose it.

        Raises :exc:`OSError` where the mail was not taken.
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

    def hand_over(self, message: EmailMessage) -> None:
        """Deliver *message*: written and synced in ``tmp``, then moved to ``new``, durably."""
        self._make_folders()
        name = self._unique_name()
        written, delivered = self.folder / "tmp" / name, self.folder / "new" / name
        try:
            _write_durably(written, message.as_bytes())
            written.rename(delivered)
        except BaseException:
            written.unlink(missing_ok=True)
            raise
        _sync(delivered.parent)

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

# SPDX-License-Identifier: MIT
"""Hands letters over into a Maildir folder, for trials."""

import errno
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Final

from .ports import NotTakenError, OutgoingMail, RefusedRecipient

# Somebody will make room; until then no letter can be taken.
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_FOLDERS: Final = ("tmp", "new", "cur")


@dataclass(frozen=True, slots=True)
class MaildirMailer:
    """A folder with a file for each mail, as every mail program reads it.

    The standard library's own is not used: it never syncs the directories, so that a power cut
    right after the hand-over may lose the mail.
    """

    jobs: ClassVar[int] = 4
    folder: Path
    clock: Callable[[], float] = time.time
    token: Callable[[], str] = field(default=partial(secrets.token_hex, 8))

    def hand_over(
        self,
        letter: OutgoingMail,
        reader: str,  # noqa: ARG002 - there is nobody to bounce
        key: str | None = None,
    ) -> tuple[RefusedRecipient, ...]:
        """Deliver *letter*: written and synced in ``tmp``, then moved to ``new``, durably.

        Raises :class:`NotTakenError` where the disk is full.
        """
        self._deliver(letter.octets(eight_bit=False).replace(b"\r\n", b"\n"), key)
        return ()

    def close(self) -> None:
        """Hold nothing."""

    def _deliver(self, content: bytes, key: str | None) -> None:
        with _room_wanted():
            self._make_folders()
        name = self._unique_name()
        # In "tmp" never the key's name: what a crash left there must not be in the way.
        written = self.folder / "tmp" / name
        delivered = self.folder / "new" / (name if key is None else _name_of(key))
        try:
            with _room_wanted():
                _write_durably(written, content)
                written.rename(delivered)
        except BaseException:
            written.unlink(missing_ok=True)
            raise
        _sync(delivered.parent)  # an error here leaves it in doubt: it may be there for good

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
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self.folder, *(self.folder / name for name in _FOLDERS)):
            folder.mkdir(mode=0o700, exist_ok=True)
        _sync(self.folder)
        _sync(self.folder.parent)

    def _unique_name(self) -> str:
        # A colon would begin the flags, and a slash a folder.
        host = socket.gethostname().replace("/", r"\057").replace(":", r"\072")
        return f"{int(self.clock())}.R{self.token()}.{host}"


@contextmanager
def _room_wanted() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise NotTakenError(f"There is no room for it: {error.strerror}.") from error
        raise


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
    with open(path, "xb", opener=_for_the_owner) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

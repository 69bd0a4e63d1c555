# SPDX-License-Identifier: MIT
"""Delivers mails into a Maildir folder, for trials."""

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

from .ports import Deferred, Delivered, DeliveryResult, OutgoingMail

# The disk or the quota is full. No mail can be taken until somebody frees space.
_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_FOLDERS: Final = ("tmp", "new", "cur")


@dataclass(frozen=True, slots=True)
class MaildirMailer:
    """A folder with one file for each mail, in the format that every mail program reads.

    The standard library's ``mailbox.Maildir`` is not used, because it never syncs the folders: a
    power cut right after the delivery could lose the mail.
    """

    jobs: ClassVar[int] = 4
    folder: Path
    clock: Callable[[], float] = time.time
    token: Callable[[], str] = field(default=partial(secrets.token_hex, 8))

    def deliver(
        self,
        mail: OutgoingMail,
        member_id: str,  # noqa: ARG002 - nothing bounces here
        key: str | None = None,
    ) -> DeliveryResult:
        """Write *mail* to ``tmp``, sync it, and move it to ``new``, durably."""
        content = mail.octets(eight_bit=False).replace(b"\r\n", b"\n")
        try:
            delivered = self._write(content, key)
        except _FullError as error:
            return Deferred(f"There is no space for the mail: {error}.")
        # After an error here the mail is in doubt: it may be in the folder for good.
        _sync(delivered.parent)
        return Delivered()

    def was_delivered(self, key: str) -> bool:
        """Return whether the mail with that *key* is in ``new``, or in ``cur`` with its flags.

        After somebody deleted it, or moved it to another folder, it is not found.
        """
        name = _name_of(key)
        # In this order, for it is the order in which a mail program moves a mail.
        for folder in (self.folder / "new", self.folder / "cur"):
            if any(found.startswith(name) for found in _listed(folder)):
                _sync(folder)  # the process that put it there may have died before its sync
                return True
        return False

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def _write(self, content: bytes, key: str | None) -> Path:
        with _full_disk_noticed():
            self._make_folders()
        name = self._unique_name()
        # Never the key's name in "tmp": what a crash leaves there must not be in the way.
        written = self.folder / "tmp" / name
        delivered = self.folder / "new" / (name if key is None else _name_of(key))
        try:
            with _full_disk_noticed():
                _write_durably(written, content)
                written.rename(delivered)
        except BaseException:
            written.unlink(missing_ok=True)
            raise
        return delivered

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


class _FullError(Exception):
    """The disk is full, or the quota is used up."""


@contextmanager
def _full_disk_noticed() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise _FullError(error.strerror) from error
        raise


def _name_of(key: str) -> str:
    # Other names have a host and a time. This one must not change between two calls. All keys
    # give names of one length, so that no name is the beginning of another.
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

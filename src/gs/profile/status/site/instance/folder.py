# SPDX-License-Identifier: MIT
"""The folder of a site: its files, and the lock on it."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import DATABASE_VARIABLE, SettingsError, SiteSettings, read_settings


class FolderLockedError(Exception):
    """Another process has locked the folder; *lock* is the file of the lock."""

    def __init__(self, lock: Path) -> None:
        super().__init__(lock)
        self.lock = lock


def lock_folder(lock: Path) -> None:
    """Lock the file *lock* until this process ends; create it if it does not exist.

    The kernel releases the lock when the process ends, however it ends. The lock is not released
    before: a thread may still work after the server has stopped. Raises
    :exc:`FolderLockedError`, and :exc:`OSError` if the file cannot be created or locked.
    """
    _lock(lock)


@contextmanager
def folder_locked(lock: Path) -> Iterator[None]:
    """Lock the file *lock* as :func:`lock_folder` does, but only within the block."""
    descriptor = _lock(lock)
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(lock: Path) -> int:
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise FolderLockedError(lock) from error
        raise
    return descriptor


@dataclass(frozen=True, slots=True)
class SiteFolder:
    """A folder that has a site, or will have one."""

    path: Path

    @property
    def database(self) -> Path:
        """The SQLite database, if the site has no other."""
        return self.path / "site.sqlite3"

    @property
    def config(self) -> Path:
        """The configuration file of the sender."""
        return self.path / "gsconfig.ini"

    @property
    def settings(self) -> Path:
        """The settings of the site."""
        return self.path / "site.toml"

    @property
    def maildir(self) -> Path:
        """The Maildir folder."""
        return self.path / "Maildir"

    @property
    def trial_ledger(self) -> Path:
        """The ledger of the sender while the e-mails go into the Maildir folder."""
        return self.path / "trial.sqlite3"

    @property
    def lock(self) -> Path:
        """The file that a process locks to create the site, or to serve it from SQLite."""
        return self.path / "site.lock"

    @property
    def unfinished(self) -> Path:
        """The folder in which a site is created; it is removed when the site is complete."""
        return self.path / ".unfinished"

    @property
    def has_site(self) -> bool:
        """Whether the folder has a complete site."""
        return self.settings.exists() and not self.unfinished.exists()

    def read_settings(self, environment: Mapping[str, str]) -> SiteSettings:
        """Return the settings of the site; raises :exc:`.SettingsError`."""
        settings = read_settings(self.settings, self.database, environment)
        if settings.database == self.database and self.has_site and not _size(self.database):
            # A database that is created now would be empty, and hide where the real one is.
            raise SettingsError(
                f"{self.settings} names no database, and {self.database} is missing or empty. "
                f"If {DATABASE_VARIABLE} named the database when the site was created, set it "
                "again. Otherwise restore a copy of the file."
            )
        return settings


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0

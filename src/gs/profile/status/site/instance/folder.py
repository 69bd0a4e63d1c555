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
    """Another process holds the folder with this *lock*."""

    def __init__(self, lock: Path) -> None:
        super().__init__(lock)
        self.lock = lock


def lock_folder(lock: Path) -> None:
    """Hold *lock*, a file that is made if need be, until this process ends.

    The kernel keeps the lock with the process: one that has died, however it did, holds nothing.
    It is not given back before, for a thread may still be at work when the server has stopped.
    Raises :exc:`FolderLockedError`, and :exc:`OSError` where the file cannot be made or locked.
    """
    _locked(lock)


@contextmanager
def folder_locked(lock: Path) -> Iterator[None]:
    """Hold *lock* as :func:`lock_folder` does, but only within the block."""
    descriptor = _locked(lock)
    try:
        yield
    finally:
        os.close(descriptor)


def _locked(lock: Path) -> int:
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
    """A folder with a site, or for one."""

    path: Path

    @property
    def database(self) -> Path:
        """The SQLite database, where the site has no other."""
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
        """The ledger of the sender, for as long as e-mails go into the Maildir folder."""
        return self.path / "trial.sqlite3"

    @property
    def lock(self) -> Path:
        """The file that the process holds which founds the site, or serves it from SQLite."""
        return self.path / "site.lock"

    @property
    def scaffold(self) -> Path:
        """The folder in which the site is made: it is gone when the site is whole."""
        return self.path / ".founding"

    @property
    def has_site(self) -> bool:
        """Whether there is a site in the folder, and a whole one."""
        return self.settings.exists() and not self.scaffold.exists()

    def read_config(self, environment: Mapping[str, str]) -> SiteSettings:
        """Return what is set for the site; raises :exc:`~.config.SettingsError`."""
        config = read_settings(self.settings, self.database, environment)
        if config.database == self.database and self.has_site and not _size(self.database):
            # One that is made now would be empty, and hide where the site really is.
            raise SettingsError(
                f"{self.settings} names no database, and {self.database} is not there, or empty. "
                f"If {DATABASE_VARIABLE} named it when the site was made, set that again. Else "
                "put a copy of it back."
            )
        return config


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0

# SPDX-License-Identifier: MIT
"""The lock on the runs of a site: only one process at a time may work on them."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from gs.profile.status.send.errors import LockHeldError, NoLedgerError
from gs.profile.status.send.text import printable


@contextmanager
def run_lock(ledger: Path, site: str, since: datetime) -> Iterator[None]:
    """Lock the runs of *site* in *ledger*, a path without symbolic links, within the block.

    Raises :class:`LockHeldError`, with the process that has the lock, *since* when. The lock is
    flock(2) on a file beside the ledger. The system releases it when the process ends, in whatever
    way; the file and its content mean nothing without the lock.
    """
    path = ledger.with_name(f"{ledger.name}.lock-{sha256(site.encode()).hexdigest()[:12]}")
    lock = _open_locked(path, site)
    try:
        holder = f"process {os.getpid()} on {socket.gethostname()}"
        with suppress(OSError):  # on a full disk the holder is not named, which does no harm
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{holder} since {since:%Y-%m-%d %H:%M:%S}".encode(), 0)
        yield
    finally:
        os.close(lock)


def _open_locked(path: Path, site: str) -> int:
    while True:
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise NoLedgerError(
                f"Cannot create the lock file {path}: {error.strerror}.\nNothing was sent."
            ) from error
        try:
            _lock(lock, site)
        except BaseException:
            os.close(lock)
            raise
        # Another process may have removed the file in the meantime, and created a new one.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), path.stat()):
                return lock
        os.close(lock)


def _lock(lock: int, site: str) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = printable(os.pread(lock, 500, 0).decode(errors="replace")) or "another process"
        raise LockHeldError(
            f"Another sendprofile is working on the run of {site}: {holder}.\n"
            "Nothing was sent. Wait until it ends, or stop it; then run the same command."
        ) from error
    except OSError as error:
        raise NoLedgerError(
            f"The file system of the ledger does not support locks: {error.strerror}.\n"
            "Nothing was sent. Name a ledger on a local disk with --ledger."
        ) from error

# SPDX-License-Identifier: MIT
"""One at a time: the lock on the runs of a site, which the system takes back from the dead."""

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
    """Hold the runs of *site* in *ledger*, a path without symbolic links, meanwhile.

    Raises :class:`FolderLockedError`, which says who holds them *since* when. The lock is flock(2)
    on a file beside the ledger: it ends with the process that holds it, however that ends, and
    neither the file nor what is written in it means anything afterwards.
    """
    place = ledger.with_name(f"{ledger.name}.lock-{sha256(site.encode()).hexdigest()[:12]}")
    lock = _held(place, site)
    try:
        who = f"process {os.getpid()} on {socket.gethostname()}"
        with suppress(OSError):  # a full disk: nobody can read who it is, which is no harm
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{who} since {since:%Y-%m-%d %H:%M:%S}".encode(), 0)
        yield
    finally:
        os.close(lock)


def _held(place: Path, site: str) -> int:
    while True:
        try:
            lock = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise NoLedgerError(f"The lock {place} cannot be made: {error.strerror}.") from error
        try:
            _hold(lock, site)
        except BaseException:
            os.close(lock)
            raise
        # Somebody may have removed the file meanwhile, and another have made it anew.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), place.stat()):
                return lock
        os.close(lock)


def _hold(lock: int, site: str) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        who = printable(os.pread(lock, 500, 0).decode(errors="replace")) or "another process"
        raise LockHeldError(
            f"Another sendprofile holds the run of {site}: {who}.\n"
            "Nobody was sent to; wait until it has ended, or stop it, and call again."
        ) from error
    except OSError as error:
        raise NoLedgerError(
            f"The file system of the ledger cannot lock: {error.strerror}.\n"
            "Keep the ledger on a local disk: name another place with --ledger."
        ) from error

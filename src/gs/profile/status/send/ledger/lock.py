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

from gs.profile.status.send.errors import HeldError, NoLedgerError
from gs.profile.status.send.printable import printable


@contextmanager
def only_one(ledger: Path, site: str, since: datetime) -> Iterator[None]:
    """Hold the runs of *site* in *ledger* meanwhile.

    Raises :class:`HeldError`, which says who holds them *since* when. The lock is flock(2) on a
    file beside the ledger: it ends with the process that holds it, however that ends, and
    neither the file nor what is written in it means anything afterwards.
    """
    place = ledger.with_name(f"{ledger.name}.lock-{sha256(site.encode()).hexdigest()[:12]}")
    try:
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise NoLedgerError(f"The lock {place} cannot be made: {error.strerror}.") from error
    with os.fdopen(descriptor, "r+", encoding="utf-8", errors="replace") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            who = printable(file.read(500)) or "another process"
            raise HeldError(
                f"Another sendprofile holds the run of {site}: {who}.\n"
                "Nobody was sent to; wait until it has ended, or stop it, and call again."
            ) from error
        with suppress(OSError):  # a full disk: then nobody can read who it is, which is no harm
            file.truncate(0)
            file.write(
                f"process {os.getpid()} on {socket.gethostname()} since {since:%Y-%m-%d %H:%M:%S}"
            )
            file.flush()
        yield

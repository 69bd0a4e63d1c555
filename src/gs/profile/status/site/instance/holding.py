# SPDX-License-Identifier: MIT
"""Holds the folder of a site, so that one process founds or serves it at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class HeldError(Exception):
    """Another process holds the folder with this *lock*."""

    def __init__(self, lock: Path) -> None:
        super().__init__(lock)
        self.lock = lock


def hold(lock: Path) -> None:
    """Hold *lock*, a file that is made if need be, until this process ends.

    The kernel keeps the lock with the process: one that has died, however it did, holds nothing.
    It is not given back before, for a thread may still be at work when the server has stopped.
    Raises :exc:`HeldError`, and :exc:`OSError` where the file cannot be made or locked.
    """
    _locked(lock)


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """Hold *lock* as :func:`hold` does, but only within the block."""
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
            raise HeldError(lock) from error
        raise
    return descriptor

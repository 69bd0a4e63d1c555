# SPDX-License-Identifier: MIT
"""What a running process holds: memory, open files, sockets; looked at again and again."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What it held so many *seconds* after its start.

    *memory* is MiB that are resident, *files* are open descriptors of all kinds, *sockets* those
    of them that are such, *connections* what the server has open.
    """

    seconds: float
    memory: float
    files: int
    sockets: int
    connections: int


def watch(pid: int, connections: Callable[[], int], every: float) -> list[Glimpse]:
    """Look at the process *pid* once in so many seconds until it ends."""
    began, seen = time.monotonic(), []
    # What is gone in the middle of a look, or has ended and is not yet waited for.
    with suppress(OSError, ValueError):
        while True:
            seconds = time.monotonic() - began
            memory, (files, sockets) = _memory(pid), _descriptors(pid)
            seen.append(Glimpse(seconds, memory, files, sockets, connections()))
            time.sleep(every)
    return seen


def _memory(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError("it has ended")


def _descriptors(pid: int) -> tuple[int, int]:
    files = sockets = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        files += 1
        with suppress(FileNotFoundError):  # closed meanwhile
            sockets += str(descriptor.readlink()).startswith("socket:")
    return files, sockets

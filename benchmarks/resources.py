# SPDX-License-Identifier: MIT
"""Samples the resources of a running process: memory, open files, sockets."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ResourceSample:
    """The resources at *seconds* after the start.

    *memory* is the resident size in MiB, *files* counts all open descriptors, *sockets* those that
    are sockets, *connections* the open connections of the server.
    """

    seconds: float
    memory: float
    files: int
    sockets: int
    connections: int


def watch(pid: int, connections: Callable[[], int], every: float) -> list[ResourceSample]:
    """Sample the process *pid* at this interval in seconds until it ends."""
    began, seen = time.monotonic(), []
    # The process may end during a sample.
    with suppress(OSError, ValueError):
        while True:
            seconds = time.monotonic() - began
            memory, (files, sockets) = _memory(pid), _descriptors(pid)
            seen.append(ResourceSample(seconds, memory, files, sockets, connections()))
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

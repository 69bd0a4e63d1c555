# SPDX-License-Identifier: MIT
"""A site that holds back the end of its list until the client has processed the rest."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.process_cost import Cost, cpu_until_now, start
from benchmarks.site_server import head, site
from benchmarks.workbench import Workbench

# Bytes: the last 2,500 of ten million IDs.
_HELD_BACK: Final = 1 << 16

# Seconds. A client that uses less CPU than this in one interval is waiting.
_LOOK_EVERY: Final = 0.2
_IDLE: Final = 0.002

# The exit code of a run that --limit stopped.
_STOPPED: Final = 75


@dataclass(frozen=True, slots=True)
class Marks:
    """The CPU seconds of the client at certain events.

    *asked* is the request for the list, *read* the moment when all but its end is processed,
    *sent* the first call of the send hook.
    """

    asked: float
    read: float
    sent: float


#: Runs sendprofile on the list in a file, with a ledger and options; returns the cost and the
#: marks.
Run = Callable[..., tuple[Cost, Marks]]


class HoldingSite:
    """Implements :class:`~benchmarks.site_server.Hooks` for successive processes."""

    def __init__(self) -> None:
        self._place = Path()
        self._lock = threading.Lock()
        self._pid = 0
        self._marks: list[float] = []

    @property
    def marks(self) -> Marks:
        """The marks of the current process."""
        return Marks(*self._marks)

    def watch(self, pid: int, place: Path) -> None:
        """Serve the list at *place* to the process *pid*, and start to measure it."""
        self._pid = pid
        self._place = place
        self._marks = []

    def list_members(self, connection: socket.socket) -> None:
        """Write the list, and hold back its end while the client works."""
        self._mark()
        size = self._place.stat().st_size
        with self._place.open("rb") as file:
            connection.sendall(head(size))
            if size > _HELD_BACK:
                connection.sendfile(file, 0, size - _HELD_BACK)
            self._wait_for_client()
            self._mark()
            connection.sendfile(file, max(0, size - _HELD_BACK))

    def send(self, arrived: float) -> None:  # noqa: ARG002 - the site is in no hurry, nor slow
        """Record the first call."""
        with self._lock:
            if len(self._marks) < len(Marks.__slots__):
                self._mark()

    def _mark(self) -> None:
        self._marks.append(cpu_until_now(self._pid))

    def _wait_for_client(self) -> None:
        used, before = cpu_until_now(self._pid), -1.0
        while used - before > _IDLE or not self._sleeps():
            time.sleep(_LOOK_EVERY)
            used, before = cpu_until_now(self._pid), used

    def _sleeps(self) -> bool:
        # Whether it sleeps and does not wait for a disk: see proc_pid_stat(5).
        stat = Path(f"/proc/{self._pid}/stat").read_text("utf-8")
        return stat.rpartition(")")[2].split()[0] == "S"


@contextmanager
def holding_site(bench: Workbench) -> Iterator[Run]:
    """Yield a function that runs sendprofile on a list, always with the same site."""
    hooks = HoldingSite()
    with site(hooks, bench.cores.server) as url:

        def run(place: Path, ledger: Path, *options: str) -> tuple[Cost, Marks]:
            started = start(bench.sender.command(url, ledger, *options), bench.cores.client)
            hooks.watch(started.pid, place)
            return started.finish(codes=(0, _STOPPED)), hooks.marks

        yield run

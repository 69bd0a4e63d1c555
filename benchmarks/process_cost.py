# SPDX-License-Identifier: MIT
"""The cost of a command with all its children: time, CPU time and memory."""

import os
import resource
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Final

# Variables that are not inherited: proxies, and those that prevent compiled modules.
_NOT_HANDED_ON: Final = (
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    "pythondontwritebytecode",
)


class FailedError(Exception):
    """A measured command failed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a process and its children: *seconds* of the clock, *cpu* seconds, and *peak* KiB.

    *peak* is 0 if it is not known.
    """

    seconds: float
    cpu: float
    peak: int
    output: str


def environment() -> Mapping[str, str]:
    """Return the environment of measured commands."""
    names = [name for name in os.environ if name.lower() not in _NOT_HANDED_ON]
    return {name: os.environ[name] for name in names}


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Pin processes that start in this context to one *core*, ``None`` for any."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(slots=True)
class Started:
    """A measured process and the file of its output."""

    process: subprocess.Popen[str]
    began: float
    output: IO[str]

    @property
    def pid(self) -> int:
        """The process ID."""
        return self.process.pid

    def finish(self, codes: Iterable[int] = (0,)) -> Cost:
        """Wait for its end, and return its cost.

        Raises :class:`FailedError` if its exit code is not one of *codes*.
        """
        _, status, usage = os.wait4(self.pid, 0)
        seconds = time.perf_counter() - self.began
        self.process.returncode = os.waitstatus_to_exitcode(status)
        with self.output:
            self.output.seek(0)
            output = self.output.read()
        if self.process.returncode not in codes:
            argv = self.process.args
            raise FailedError(f"{argv!r} ended with {self.process.returncode}: {output[-800:]}")
        return Cost(seconds, usage.ru_utime + usage.ru_stime, _peak(usage.ru_maxrss), output)


def start(argv: Sequence[str], core: int | None) -> Started:
    """Start *argv* on *core*."""
    output = TemporaryFile("w+", errors="replace")  # noqa: SIM115 - finish() closes it
    began = time.perf_counter()
    with pinned(core):
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment(),
            text=True,
        )
    return Started(process, began, output)


def cost(argv: Sequence[str], core: int | None = None, codes: Iterable[int] = (0,)) -> Cost:
    """Run *argv* on *core*, and return the cost; raises as :meth:`Started.finish` does."""
    return start(argv, core).finish(codes)


def cpu_until_now(pid: int) -> float:
    """Return the CPU seconds of all threads of a running process."""
    # The number of its clock, as computed by clock_getcpuclockid(3) on Linux.
    return time.clock_gettime((~pid << 3) | 2)


def _peak(kib: int) -> int:
    # A forked process inherits the peak of this process: a peak that is not higher is
    # not known.
    return kib if kib > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss else 0

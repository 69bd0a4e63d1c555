# SPDX-License-Identifier: MIT
"""What one command costs: time, CPU time and memory, of itself and all that it starts."""

import os
import resource
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Final

# A proxy of the caller's is no part of what is measured; nor is a start that has to compile.
_NOT_HANDED_ON: Final = (
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    "pythondontwritebytecode",
)


class FailedError(Exception):
    """A command that was to be measured did not do its work."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a process and all its children: *seconds* of the clock, of CPU, and KiB at the most.

    *peak* is 0 where it is not known.
    """

    seconds: float
    cpu: float
    peak: int
    output: str


def environment() -> Mapping[str, str]:
    """Return the environment of what is measured."""
    names = [name for name in os.environ if name.lower() not in _NOT_HANDED_ON]
    return {name: os.environ[name] for name in names}


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Have what is started meanwhile keep to one *core*, ``None`` for any."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(slots=True)
class Started:
    """A process that is measured, and where it writes what it has to say."""

    process: subprocess.Popen[str]
    began: float
    said: IO[str]

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self.process.pid

    def finish(self, codes: Iterable[int] = (0,)) -> Cost:
        """Wait for its end, and return what it cost.

        Raises :class:`FailedError` where its exit code is none of *codes*.
        """
        _, status, usage = os.wait4(self.pid, 0)
        seconds = time.perf_counter() - self.began
        self.process.returncode = os.waitstatus_to_exitcode(status)
        with self.said:
            self.said.seek(0)
            output = self.said.read()
        if self.process.returncode not in codes:
            argv = self.process.args
            raise FailedError(f"{argv!r} ended with {self.process.returncode}: {output[-800:]}")
        return Cost(seconds, usage.ru_utime + usage.ru_stime, _peak(usage.ru_maxrss), output)


def start(argv: Sequence[str], core: int | None) -> Started:
    """Start *argv* on *core*."""
    said = TemporaryFile("w+", errors="replace")  # noqa: SIM115 - finish() closes it
    began = time.perf_counter()
    with pinned(core):
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment(), text=True
        )
    return Started(process, began, said)


def cost(argv: Sequence[str], core: int | None = None, codes: Iterable[int] = (0,)) -> Cost:
    """Run *argv* on *core*, and return what that costs; raises as :meth:`Started.finish` does."""
    return start(argv, core).finish(codes)


def cpu_until_now(pid: int) -> float:
    """Return the seconds of CPU that all threads of a running process have used, to the ns."""
    # The number of its clock, as clock_getcpuclockid(3) of Linux makes it.
    return time.clock_gettime((~pid << 3) | 2)


def _peak(kib: int) -> int:
    # A process inherits the peak of the one that it was forked from, this one: what is not above
    # that is not known.
    return kib if kib > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss else 0

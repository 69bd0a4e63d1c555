# SPDX-License-Identifier: MIT
"""Runs the real command against a site of workers, with another client that requests a page."""

import asyncio
import tempfile
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.sender import Sender
from benchmarks.worker_site import Workers

#: The page of the other client, and its interval in seconds.
PAGE: Final = "/"
EVERY: Final = 1.0

# The number of members, more than any run reaches.
_MEMBERS: Final = 20_000


@dataclass(frozen=True)
class Trial:
    """A run of *seconds* with *jobs* (None: no sender) against a number of *workers*.

    *changes* are (seconds from the first call, attributes of the site to set).
    """

    name: str
    seconds: float
    workers: int
    jobs: str | None = "auto"
    service: float = 0.05
    most: int = 1_000_000
    probed: bool = False
    changes: Sequence[tuple[float, dict[str, float]]] = ()


@dataclass
class Series:
    """The measurements of a trial; times and latencies in seconds from the first call."""

    in_flight: list[tuple[float, int]] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    probes: list[tuple[float, float]] = field(default_factory=list)

    def mean(self, start: float, end: float) -> float:
        """Return the mean number of calls in flight from *start* to *end*."""
        at = [moment for moment, _ in self.in_flight]
        first, last = bisect_left(at, start), bisect_left(at, end)
        level = self.in_flight[first - 1][1] if first else 0
        area, since = 0.0, start
        for moment, number in self.in_flight[first:last]:
            area += level * (moment - since)
            since, level = moment, number
        return (area + level * (end - since)) / (end - start)

    def levels(self, end: float, step: float = 0.1) -> list[tuple[float, float]]:
        """Return the mean number of calls in flight for each *step* until *end*."""
        steps = [round(index * step, 3) for index in range(int(end / step))]
        return [(start, self.mean(start, start + step)) for start in steps]

    def rate(self, start: float, end: float) -> float:
        """Return the answers a second from *start* to *end*."""
        return sum(start <= at < end for at in self.answered) / (end - start)

    def waits(self, start: float = 0.0) -> list[float]:
        """Return the latencies of the pages requested from *start* on."""
        return [seconds for at, seconds in self.probes if at >= start]


async def run(trial: Trial) -> Series:
    """Run *trial*; return the measurements of the site and of the other client."""
    site = Workers(_MEMBERS, trial.workers, trial.service, trial.most)
    server, url = await site.serve()
    clock = asyncio.get_running_loop().time
    probes: list[tuple[float, float]] = []
    try:
        async with _sender(url, trial.jobs):
            if trial.jobs:
                await site.called.wait()
            began = site.seen.in_flight[0][0] if trial.jobs else clock()
            changing = asyncio.create_task(_change(site, trial, began))
            probing = asyncio.create_task(
                _probe(url, probes) if trial.probed else asyncio.sleep(0)
            )
            await asyncio.sleep(began + trial.seconds - clock())
            changing.cancel()
            probing.cancel()
            return _series(site, probes, began, trial.seconds)
    finally:
        server.close()


def _series(
    site: Workers, probes: Sequence[tuple[float, float]], began: float, seconds: float
) -> Series:
    end, seen = began + seconds, site.seen
    return Series(
        [(at - began, number) for at, number in seen.in_flight if at < end],
        [at - began for at in seen.answered if at < end],
        [at - began for at in seen.refused if at < end],
        [(at - began, taken) for at, taken in probes],
    )


async def _change(site: Workers, trial: Trial, began: float) -> None:
    for at, what in trial.changes:
        await asyncio.sleep(began + at - asyncio.get_running_loop().time())
        for name, value in what.items():
            setattr(site, name, value)


@asynccontextmanager
async def _sender(url: str, jobs: str | None) -> AsyncIterator[None]:
    if jobs is None:
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        sender = Sender(Path(folder))
        words = sender.command(url, sender.new_ledger(), "-j", jobs)
        silent: Any = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*words, stdout=silent, stderr=silent)
        try:
            yield
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _probe(url: str, probes: list[tuple[float, float]]) -> None:
    clock = asyncio.get_running_loop().time
    moment = clock()
    async with asyncio.TaskGroup() as asking:
        while True:
            moment += EVERY
            await asyncio.sleep(moment - clock())
            # A slow page does not delay the next request.
            asking.create_task(_ask(url, probes))


async def _ask(url: str, probes: list[tuple[float, float]]) -> None:
    clock = asyncio.get_running_loop().time
    host, _, port = url.removeprefix("http://").partition(":")
    began = clock()
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {PAGE} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    await reader.readuntil(b"}")
    probes.append((began, clock() - began))
    writer.close()

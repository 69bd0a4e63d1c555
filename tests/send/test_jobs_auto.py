# SPDX-License-Identifier: MIT
"""The real command with -j auto, at real sites with so many workers.

How near it comes to their number is for the simulations: here others use the machine as well.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

import pytest

from limits import LIMIT
from servers import Answer, GroupServer
from servers.moves import Delay, Fault, Say

from .disk import rows

MEMBERS = [f"u{number}" for number in range(1500)]


@dataclass
class Workers:
    """The behaviour of a site with so many workers; a call takes one of them for *service* s.

    *most* is how many it bears, the others are refused. *seen* is when a call came, and how many
    were there then.
    """

    number: int
    service: float
    most: int = 1_000_000
    seen: list[tuple[float, int]] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._ends: list[float] = []

    def __call__(self, _asked: object) -> Answer | Fault:
        with self._lock:
            now = time.monotonic()
            self._ends = [end for end in self._ends if end > now]
            if len(self._ends) >= self.most:
                self.refused.append(now)
                return Answer.page(429)
            # When the first worker becomes free, after the earlier calls.
            free = sorted(self._ends)[-self.number] if len(self._ends) >= self.number else now
            self._ends.append(free + self.service)
            self.seen.append((now, len(self._ends)))
            return Fault("busy", (Delay(free + self.service - now), Say()))

    def in_flight(self, start: float, end: float) -> float:
        """Return the mean of the calls in flight from *start* to *end*, as shares of the run."""
        first, last = self.seen[0][0], self.seen[-1][0]
        length = last - first
        counts = [n for at, n in self.seen if start <= (at - first) / length <= end]
        return sum(counts) / len(counts)


@pytest.fixture
def run(call) -> Callable[..., tuple[int, Workers, GroupServer]]:
    """Return a function that runs the command against such a site."""

    def run(workers: Workers, *argv: object, members: int) -> tuple[int, Workers, GroupServer]:
        with GroupServer(members=MEMBERS[:members]) as site:
            site.on_send = workers
            done = call("-j", "auto", *argv, site.url)
            return done.returncode, workers, site

    return run


def test_many_workers_get_several_calls_and_every_member_one_mail(run, ledger):
    code, workers, site = run(Workers(16, 0.05), members=400)
    assert code == 0
    assert max(number for _, number in workers.seen) > 1
    assert set(site.mailed.values()) == {1}
    assert set(rows(ledger).values()) == {"sent"}


def test_one_worker_gets_few_calls_at_once(run):
    code, workers, site = run(Workers(1, 0.025), members=100)
    assert code == 0
    assert workers.in_flight(0.3, 1) < 10
    assert set(site.mailed.values()) == {1}


def test_refused_calls_lose_no_member(run, ledger):
    code, workers, site = run(Workers(16, 0.03, most=6), "--patience", LIMIT, members=400)
    assert code == 0
    # If the limit stayed too high, the site would refuse most calls.
    assert 0 < len(workers.refused) < 200
    assert set(site.mailed.values()) == {1}
    assert set(rows(ledger).values()) == {"sent"}


def test_a_rate_is_kept(run):
    began = time.monotonic()
    code, workers, _ = run(Workers(16, 0.02), "--rate", "40/s", members=60)
    assert code == 0
    assert len(workers.seen) == 60
    # The first call begins at once.
    assert time.monotonic() - began >= 59 / 40

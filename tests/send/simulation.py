# SPDX-License-Identifier: MIT
"""A discrete-event simulation of a site and of a sender that calls it."""

import heapq
import math
import random
from bisect import bisect
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count, cycle

from gs.profile.status.send.run.adaptive import AdaptiveLimit
from gs.profile.status.send.run.model import CallSignal, TimedCall
from gs.profile.status.send.run.pace import FixedLimit

_NEVER = math.inf
# Seconds: the duration of a refusal, and the first pause of the sender after it (backoff.py).
_REFUSAL = 0.002
_PAUSE = 0.75


@dataclass(slots=True)
class Call:
    """A request that takes so many seconds of *work* of one worker."""

    work: float
    began: float
    is_probe: bool = False


class SimulatedSite:
    """A site with so many *workers*: each call takes one of them, first come, first served.

    With *sharing* they are cores, among which the calls that are there are shared. All works at
    *speed*, and who comes when *most* are there is refused. These can be changed while it runs.
    """

    def __init__(self, workers: int, *, sharing: bool = False, most: float = _NEVER) -> None:
        self.workers = workers
        self.sharing = sharing
        self.most = most
        self.speed = 1.0
        self.lossy: Callable[[], bool] = lambda: False
        self._done = 0.0  # seconds of work of a call that began at the start
        self._at = 0.0
        self._served: list[tuple[float, int, Call]] = []
        self._queue: deque[Call] = deque()
        self._refused: deque[tuple[float, Call]] = deque()
        self._number = count()

    def __len__(self) -> int:
        return len(self._served) + len(self._queue)

    def arrive(self, now: float, call: Call) -> None:
        self._advance(now)
        if len(self) >= self.most and not call.is_probe:
            self._refused.append((now + _REFUSAL, call))
        else:
            self._queue.append(call)
            self._serve()

    def next_end(self) -> float:
        ends = [self._refused[0][0]] if self._refused else []
        if self._served:
            left = max(0.0, self._served[0][0] - self._done)
            ends.append(self._at + left / self._pace if self._pace else _NEVER)
        return min(ends, default=_NEVER)

    def ended(self, now: float) -> list[tuple[Call, CallSignal]]:
        """Return the calls that have been answered by *now*."""
        self._advance(now)
        ends: list[tuple[Call, CallSignal]] = []
        while self._refused and self._refused[0][0] <= now:
            ends.append((self._refused.popleft()[1], CallSignal.REFUSED))
        while self._served and self._served[0][0] <= self._done + 1e-9:
            call = heapq.heappop(self._served)[2]
            ends.append((call, CallSignal.LOST if self.lossy() else CallSignal.ANSWER))
            self._serve()
        return ends

    def change(self, now: float, **what: float) -> None:
        """Change *workers*, *speed* or *most* at the time *now*."""
        self._advance(now)
        for name, value in what.items():
            setattr(self, name, value)
        self._serve()

    @property
    def _pace(self) -> float:
        if not self.sharing:
            return self.speed
        return self.speed * min(1.0, self.workers / max(1, len(self._served)))

    def _advance(self, now: float) -> None:
        self._done += (now - self._at) * self._pace
        self._at = now

    def _serve(self) -> None:
        while self._queue and (self.sharing or len(self._served) < self.workers):
            call = self._queue.popleft()
            heapq.heappush(self._served, (self._done + call.work, next(self._number), call))


@dataclass
class Trace:
    """A record: (time, jobs, in flight) after each turn, (time, seconds) of each probe."""

    turns: list[tuple[float, int, int]] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    probes: list[tuple[float, float]] = field(default_factory=list)

    def between(self, start: float, end: float) -> list[int]:
        """Return the calls in flight at a thousand moments, evenly from *start* to *end*."""
        times = [turn[0] for turn in self.turns]
        moments = (start + (end - start) * moment / 1000 for moment in range(1000))
        return [self.turns[max(0, bisect(times, moment) - 1)][2] for moment in moments]

    def mean(self, start: float, end: float) -> float:
        """Return the mean of the calls in flight from *start* to *end*."""
        return sum(self.between(start, end)) / 1000

    def rate(self, start: float, end: float) -> float:
        """Return the answers a second from *start* to *end*."""
        return sum(start <= at < end for at in self.answers) / (end - start)

    def probe(self, start: float, end: float) -> float:
        """Return the mean seconds of a probe from *start* to *end*."""
        durations = [seconds for at, seconds in self.probes if start <= at < end]
        return sum(durations) / len(durations)


@dataclass
class Sender:
    """Calls *site* with as many calls in flight as *limit* allows; *work* is the work of a call.

    It spends *turn* seconds on each turn of its loop, and *each* on each call that has ended.
    With a *rate* it begins no more than so many calls a second. A probe, which takes *page*
    seconds of work, asks once a second.
    """

    limit: object
    site: SimulatedSite
    work: Callable[[float], float]
    turn: float = 0.0
    each: float = 0.0
    rate: float = _NEVER
    page: float = 0.0
    changes: Sequence[tuple[float, dict[str, float]]] = ()
    trace: Trace = field(default_factory=Trace)
    _in_flight: int = 0
    _due: list[tuple[Call, CallSignal]] = field(default_factory=list)
    _busy_until: float = 0.0
    _pause_until: float = 0.0
    _tries: int = 0
    _next_begin: float = 0.0

    def run(self, seconds: float) -> Trace:
        now, changes, probe_at = 0.0, deque(self.changes), 0.5 if self.page else _NEVER
        self._begin(now)
        while True:
            change_at = changes[0][0] if changes else _NEVER
            now = min(change_at, probe_at, self.site.next_end(), self._next_turn(now))
            if now >= seconds:
                return self.trace
            if now == change_at:
                self.site.change(now, **changes.popleft()[1])
            if now == probe_at:
                self.site.arrive(now, Call(self.page, now, is_probe=True))
                probe_at += 1.0
            self._collect(now)
            if now >= self._busy_until:
                self._take_turn(now)

    def _collect(self, now: float) -> None:
        for call, signal in self.site.ended(now):
            if call.is_probe:
                self.trace.probes.append((call.began, now - call.began))
            else:
                self._due.append((call, signal))

    def _next_turn(self, now: float) -> float:
        if self._due:
            return max(now, self._busy_until)
        if self._in_flight < self._allowed:
            return max(now, self._pause_until, self._next_begin, self._busy_until)
        return _NEVER

    @property
    def _allowed(self) -> int:
        return 1 if self._tries else self.limit.jobs

    def _take_turn(self, now: float) -> None:
        if self._due:
            self._end(now)
        self._begin(now)
        self.trace.turns.append((now, self.limit.jobs, self._in_flight))

    def _end(self, now: float) -> None:
        in_flight, attempts = self._in_flight, []
        for call, signal in self._due:
            attempts.append(TimedCall(now - call.began, signal))
            self._in_flight -= 1
            if signal is CallSignal.REFUSED:
                self.trace.refusals.append(now)
                if now >= self._pause_until:
                    self._pause_until = now + min(60.0, _PAUSE * 2.0**self._tries)
                    self._tries += 1
            else:
                self._tries = 0
                self.trace.answers.append(now)
        self._busy_until = now + self.turn + self.each * len(self._due)
        self._due.clear()
        self.limit.ended(attempts, in_flight, now)

    def _begin(self, now: float) -> None:
        if now < self._pause_until:
            return
        while self._in_flight < self._allowed and now >= self._next_begin:
            self._in_flight += 1
            self.site.arrive(now, Call(self.work(now), now))
            self._next_begin = max(now, self._next_begin + 1 / self.rate)


SERVICE = 0.05
SEEDS = (1, 2, 3)


def equal(_rng):
    return lambda _now: SERVICE


def lognormal(rng):
    return lambda _now: SERVICE * rng.lognormvariate(-0.125, 0.5)


def exponential(rng):
    return lambda _now: rng.expovariate(1 / SERVICE)


def ten_times(rng):
    # Two in a hundred calls take ten times as long.
    return lambda _now: SERVICE * rng.uniform(0.9, 1.1) * (10 if rng.random() < 0.02 else 1)


def half_skipped(rng):
    return lambda _now: SERVICE * rng.uniform(0.8, 1.2) * (0.02 if rng.random() < 0.5 else 2)


def most_skipped(rng):
    return lambda _now: SERVICE * rng.uniform(0.8, 1.2) * (0.02 if rng.random() < 0.8 else 5)


def drifting(rng):
    # The share of skipped members rises from 5 % to 95 % and falls again, every 100 seconds.
    def work(now):
        skipped = 0.5 - 0.45 * math.cos(now * math.tau / 100)
        return SERVICE * rng.uniform(0.8, 1.2) * (0.02 if rng.random() < skipped else 2)

    return work


#: The kinds with a constant mean.
STEADY = (equal, lognormal, exponential, ten_times)


def seeded(*kinds):
    """Return each of *kinds* with one of the seeds in turn."""
    return list(zip(kinds, cycle(SEEDS), strict=False))


def send(limit, site, kind=equal, seed=1, seconds=60.0, **more):
    """Send to *site* for so many seconds, and return the trace."""
    return Sender(limit, site, kind(random.Random(seed)), **more).run(seconds)


def auto(workers, kind=equal, seed=1, seconds=60.0, *, sharing=False, most=math.inf, **more):
    site = SimulatedSite(workers, sharing=sharing, most=most)
    return send(AdaptiveLimit(), site, kind, seed, seconds, **more)


def fixed(jobs, workers, kind=equal, seed=1, seconds=60.0, *, sharing=False, **more):
    site = SimulatedSite(workers, sharing=sharing)
    return send(FixedLimit(jobs), site, kind, seed, seconds, **more)

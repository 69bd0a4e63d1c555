# SPDX-License-Identifier: MIT
"""The latency with one number of calls in flight, compared with the latency with another."""

import math
from dataclasses import dataclass
from typing import Final, Self


class Window:
    """Sums over the answers that came while *jobs* calls were in flight.

    It stores sums only, so that to add an answer takes little time.
    """

    __slots__ = ("count", "jobs", "minimum", "squares", "total")

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.count = 0.0
        self.total = 0.0
        self.squares = 0.0
        self.minimum = math.inf

    @property
    def mean(self) -> float:
        """The mean latency, in seconds."""
        return self.total / self.count if self.count else 0.0

    @property
    def variance(self) -> float:
        """The variance of the latency, as a share of the square of the mean."""
        return max(0.0, self.squares * self.count / self.total**2 - 1) if self.total else 0.0

    @property
    def settling_time(self) -> float:
        """After how many seconds the latency shows a change of the number in flight.

        This is the mean duration of the call that is in flight at a random moment. Such a call is
        more likely to be a long one, so the mean is a sum of squares over a sum (renewal theory:
        the inspection paradox).
        """
        return self.squares / self.total if self.total else 0.0

    def add(self, count: float, total: float, squares: float, minimum: float) -> None:
        """Add *count* answers: the *total* and the *squares* of their seconds, and the minimum."""
        self.count += count
        self.total += total
        self.squares += squares
        self.minimum = min(self.minimum, minimum)

    def merge(self, other: Self) -> None:
        """Add the answers of *other*."""
        self.add(other.count, other.total, other.squares, other.minimum)

    def limit_weight(self, count: float) -> None:
        """Reduce the weight to that of *count* answers, if it is greater."""
        if self.count > count:
            share = count / self.count
            self.count *= share
            self.total *= share
            self.squares *= share


# Seconds. Users do not notice a queue that is no longer than this, and the sender cannot tell it
# from its own time to process an answer. (CoDel, RFC 8289, tolerates 5 ms.)
_UNNOTICED: Final = 0.002

# When the number in flight grows, the latency grows by a share of that growth (of the logarithms):
# none while workers are free, all of it when calls only queue. At half of it Kleinrock's power,
# the throughput divided by the latency, is at its maximum: more calls in flight would cost more
# than they bring.
_SATURATED: Final = 0.5

# Standard errors for a confidence of 95 %.
_CONFIDENCE: Final = 2.0

# A latency that has doubled or halved, apart from noise: the site has changed.
_CHANGED: Final = 2.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """The *ratio* of two latencies, and its *noise*, with *growth* more calls in flight.

    *growth* is a logarithm: 0 for the same number in flight, negative for fewer. *minimum* is the
    ratio of the smallest latencies.
    """

    ratio: float
    noise: float
    growth: float
    minimum: float

    @classmethod
    def of(cls, window: Window, baseline: Window, variance: float) -> Self:
        """Compare *window* with *baseline*; *variance* is that of one answer."""
        return cls(
            ratio=(window.mean + _UNNOTICED) / (baseline.mean + _UNNOTICED),
            noise=_CONFIDENCE * math.sqrt(variance * (1 / baseline.count + 1 / window.count)),
            growth=math.log(window.jobs / baseline.jobs),
            minimum=window.minimum / baseline.minimum if baseline.minimum else math.inf,
        )

    @property
    def slower(self) -> bool:
        """Whether the site has become slower, with the same number in flight.

        A queue delays all calls. If some are not delayed, the members are different.
        """
        return self.ratio > _CHANGED * (1 + self.noise) and self.minimum > _CHANGED

    @property
    def faster(self) -> bool:
        """Whether the site has become faster, with the same number in flight."""
        return self.ratio < (1 - self.noise) / _CHANGED

    @property
    def contradictory(self) -> bool:
        """Whether the latency fell by more than the number in flight explains."""
        return math.log(self.ratio) < -abs(self.growth) - self.noise

    @property
    def better(self) -> bool:
        """Whether the trial is better: more throughput, or the same with a shorter queue."""
        saturated = math.log(self.ratio) / self.growth >= _SATURATED
        return saturated == (self.growth < 0)

    @property
    def significant(self) -> bool:
        """Whether the difference is greater than the noise."""
        return abs(math.log(self.ratio) - _SATURATED * self.growth) > self.noise

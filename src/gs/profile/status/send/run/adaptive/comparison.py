# SPDX-License-Identifier: MIT
"""The answers with one number of calls in flight, compared with those with another."""

import math
from dataclasses import dataclass
from typing import Final, Self


class Window:
    """Answers that came while *level* calls were in flight: adding one costs nothing."""

    __slots__ = ("count", "least", "level", "squares", "total")

    def __init__(self, level: int) -> None:
        self.level = level
        self.count = 0.0
        self.total = 0.0
        self.squares = 0.0
        self.least = math.inf

    @property
    def mean(self) -> float:
        """The seconds of an answer."""
        return self.total / self.count if self.count else 0.0

    @property
    def spread(self) -> float:
        """The variance of an answer, as a share of the square of the mean."""
        return max(0.0, self.squares * self.count / self.total**2 - 1) if self.total else 0.0

    @property
    def settling(self) -> float:
        """After how many seconds a change has reached those who answer, too.

        That is the mean time of the call that is under way at any moment, which is more likely to
        be a long one: a sum of squares over a sum (renewal theory: the inspection paradox).
        """
        return self.squares / self.total if self.total else 0.0

    def add(self, count: float, total: float, squares: float, least: float) -> None:
        """Add *count* answers that took *total* seconds, their *squares* and the *least*."""
        self.count += count
        self.total += total
        self.squares += squares
        self.least = min(self.least, least)

    def merge(self, other: Self) -> None:
        """Add the answers of *other*."""
        self.add(other.count, other.total, other.squares, other.least)

    def forget(self, most: float) -> None:
        """Let this weigh as much as *most* answers, if it weighs more."""
        if self.count > most:
            keep = most / self.count
            self.count *= keep
            self.total *= keep
            self.squares *= keep


# With no more queue than this, in seconds, nobody notices; nor is it told from what the sender
# itself takes to look at an answer. (CoDel, RFC 8289, tolerates 5 ms.)
_UNNOTICED: Final = 0.002

# Latency rises by a share of what the number in flight does: by none of it while workers are
# free, by all of it when calls only queue. At half of it Kleinrock's power, the throughput
# divided by the latency, is at its greatest: more in flight would cost more than it brings.
_SATURATED: Final = 0.5

# Standard errors between what is measured and what is compared to: 95 % sure.
_CLEAR: Final = 2.0

# Latency that has doubled, or halved, beyond what the noise can be: the site is another.
_CHANGED: Final = 2.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """How latency went up by *ratio*, give or take *noise*, where what is in flight did by *more*.

    *more* is a logarithm: 0 where there is as much in flight, below it where there is less.
    """

    ratio: float
    noise: float
    more: float
    least: float

    @classmethod
    def of(cls, window: Window, known: Window, spread: float) -> Self:
        """Return what *window* tells beside what is *known*, one answer having *spread*."""
        return cls(
            ratio=(window.mean + _UNNOTICED) / (known.mean + _UNNOTICED),
            noise=_CLEAR * math.sqrt(spread * (1 / known.count + 1 / window.count)),
            more=math.log(window.level / known.level),
            least=window.least / known.least if known.least else math.inf,
        )

    @property
    def slower(self) -> bool:
        """Whether the site has become slower, as much being in flight.

        A queue makes all of them wait. Where some do not, it is the members that are others.
        """
        return self.ratio > _CHANGED * (1 + self.noise) and self.least > _CHANGED

    @property
    def faster(self) -> bool:
        """Whether the site has become faster, as much being in flight."""
        return self.ratio < (1 - self.noise) / _CHANGED

    @property
    def contradictory(self) -> bool:
        """Whether the site is another than it was: faster than what is in flight accounts for."""
        return math.log(self.ratio) < -abs(self.more) - self.noise

    @property
    def better(self) -> bool:
        """Whether the trial is better than home: more throughput, or as much with less queue."""
        saturated = math.log(self.ratio) / self.more >= _SATURATED
        return saturated == (self.more < 0)

    @property
    def clear(self) -> bool:
        """Whether that is more than the noise can be."""
        return abs(math.log(self.ratio) - _SATURATED * self.more) > self.noise

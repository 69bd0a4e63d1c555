# SPDX-License-Identifier: MIT
"""The answers that came while so many calls were in flight, as sums."""

import math
from typing import Self


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

# SPDX-License-Identifier: MIT
"""How many calls at once a site has refused, and when so many may be tried again."""

import math
from typing import Final

# Seconds. A refusal costs a pause of the whole run of up to 1 s (patience.py): at the shortest
# that is half of the time, at the longest a three-hundredth.
_FIRST_HOLD: Final = 2.0
_LONGEST_HOLD: Final = 256.0


class Ceiling:
    """A number in flight that was refused; the way back to it gets slower as it gets nearer.

    This is how BIC TCP, and CUBIC (RFC 9438) after it, go back to the window of their last loss:
    half of the way each time, then a plateau. Here that one becomes longer each time that the
    ceiling holds.
    """

    def __init__(self) -> None:
        self._level = math.inf
        self._hold = _FIRST_HOLD
        self._until = 0.0

    def refused(self, in_flight: int, now: float) -> None:
        """Take note of a refusal at the time *now*, with so many *in_flight*."""
        if in_flight <= 1:
            self._lift()  # one at a time is not too many: it is for another reason
            return
        holds = in_flight >= self._level
        self._hold = min(_LONGEST_HOLD, self._hold * 2) if holds else _FIRST_HOLD
        self._level = in_flight
        self._until = now + self._hold

    def lower(self, refused: int, well: int) -> None:
        """Take note of so many more who were *refused* together, down to what is *well*."""
        if self._level > well:
            self._level = max(well + 1, self._level - refused)

    def passed(self, jobs: int) -> None:
        """Take note that *jobs* in flight have been answered."""
        if jobs >= self._level:
            self._lift()

    def below(self, jobs: int, target: int, now: float) -> int:
        """Return how many may be tried, *jobs* being well and *target* being wished for."""
        if target < self._level:
            return target
        if now < self._until:
            return jobs
        return max(jobs + 1, int(jobs + self._level) // 2)

    def _lift(self) -> None:
        self._level = math.inf
        self._hold = _FIRST_HOLD

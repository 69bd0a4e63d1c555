# SPDX-License-Identifier: MIT
"""The number of calls in flight that a site has refused, and when it may be tried again."""

import math
from typing import Final

# Seconds. A refusal costs a pause of the whole run of up to 1 s (backoff.py): half of the shortest
# hold, a three-hundredth of the longest.
_FIRST_HOLD: Final = 2.0
_LONGEST_HOLD: Final = 256.0


class Ceiling:
    """A number of calls in flight that the site refused; the limit returns to it slowly.

    BIC TCP and CUBIC (RFC 9438) return to the window of their last loss in the same way: half of
    the distance each time, then a plateau. Here the plateau is the *hold*. It doubles each time
    that the site refuses the same number again.
    """

    def __init__(self) -> None:
        self._refused_at = math.inf
        self._hold = _FIRST_HOLD
        self._hold_until = 0.0

    def refused(self, in_flight: int, now: float) -> None:
        """Take note of a refusal at the time *now*, with so many *in_flight*."""
        if in_flight <= 1:
            self._remove()  # one call is not too many: the site refuses it for another reason
            return
        again = in_flight >= self._refused_at
        self._hold = min(_LONGEST_HOLD, self._hold * 2) if again else _FIRST_HOLD
        self._refused_at = in_flight
        self._hold_until = now + self._hold

    def lower(self, refused: int, base: int) -> None:
        """Lower the ceiling by the calls that were *refused* together; it stays above *base*."""
        if self._refused_at > base:
            self._refused_at = max(base + 1, self._refused_at - refused)

    def passed(self, jobs: int) -> None:
        """Take note that the site answered *jobs* calls in flight."""
        if jobs >= self._refused_at:
            self._remove()

    def below(self, jobs: int, target: int, now: float) -> int:
        """Return how many calls may be tried, where *jobs* are accepted and *target* is wanted."""
        if target < self._refused_at:
            return target
        if now < self._hold_until:
            return jobs
        return max(jobs + 1, int(jobs + self._refused_at) // 2)

    def _remove(self) -> None:
        self._refused_at = math.inf
        self._hold = _FIRST_HOLD

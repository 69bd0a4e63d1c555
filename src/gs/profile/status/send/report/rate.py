# SPDX-License-Identifier: MIT
"""How fast a run has been lately, from which comes how long it will take."""

from collections import deque
from typing import Final

# Seconds. Long enough to be steady at one notification a second, short enough to follow.
_LATELY: Final = 30.0


class Rate:
    """Members a second over the last while; times are seconds of one monotonic clock."""

    def __init__(self, began: float) -> None:
        self._samples = deque([(began, 0)])

    def note(self, now: float, done: int) -> None:
        """Take note that *done* members have a verdict at the time *now*."""
        self._samples.append((now, done))
        while len(self._samples) > 2 and self._samples[1][0] <= now - _LATELY:  # noqa: PLR2004 - a rate needs two
            self._samples.popleft()

    def per_second(self, now: float) -> float | None:
        """Return the rate, ``None`` before there is one."""
        began, before = self._samples[0]
        done = self._samples[-1][1] - before
        return done / (now - began) if done and now > began else None

# SPDX-License-Identifier: MIT
"""The metronome: evenly spaced beats, one for each call of a run that has a rate."""

import math
from typing import Final

# Seconds by which a beat may be late and the next ones still keep their times: what a commit, or
# the scheduler, holds up is made good. What a slow site holds up is not: there are no bursts.
_LATE: Final = 0.1


class Metronome:
    """Beats *rate* times a second, the first at once.

    Times are seconds of one monotonic clock, which the caller reads. This is the generic cell
    rate algorithm (ITU-T I.371), with a tolerance of a tenth of a second.
    """

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate
        #: When the next beat is due.
        self.next = -math.inf

    def beats(self, now: float) -> int:
        """Return how many beats are due at the time *now*."""
        late = now - self.next
        if late < 0:
            return 0
        return 1 + int(late / self._interval) if late <= _LATE else 1

    def take(self, count: int, now: float) -> None:
        """Use *count* of the beats that are due at the time *now*."""
        kept = now - self.next <= _LATE
        self.next = (self.next if kept else now) + count * self._interval

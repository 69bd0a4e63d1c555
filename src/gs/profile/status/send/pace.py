# SPDX-License-Identifier: MIT
"""The pace: how many calls may begin now, and how long until the next one may."""

from collections.abc import Sequence

from .model import Outcome, Verdict
from .patience import Patience


class Pace:
    """Turns for *jobs* calls at once, each resting *throttle* seconds after a success.

    While *patience* pauses there are none, and one at a time while it tries the site. Times are
    seconds of one monotonic clock, which the caller reads.
    """

    def __init__(self, throttle: float, jobs: int, patience: Patience) -> None:
        self._throttle = throttle
        self._jobs = jobs
        self._patience = patience
        self._resting: list[float] = []

    def turns(self, now: float, in_flight: int) -> int:
        """Return how many calls may begin at the time *now*."""
        if now < self._patience.until:
            return 0
        self._resting = [until for until in self._resting if until > now]
        jobs = 1 if self._patience.tried else self._jobs
        return max(0, jobs - in_flight - len(self._resting))

    def rest(self, now: float) -> float:
        """Return how many seconds the next turn is away, 0 where nothing rests."""
        return max(0.0, min(self._resting, default=now) - now, self._patience.until - now)

    def settled(self, outcomes: Sequence[Outcome], now: float) -> None:
        """Take note of what has ended at the time *now*."""
        sent = sum(outcome.verdict is Verdict.SENT for outcome in outcomes)
        if self._throttle:
            self._resting += [now + self._throttle] * sent

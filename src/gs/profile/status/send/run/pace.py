# SPDX-License-Identifier: MIT
"""The pace of a run: how many calls may begin now, and when the next one may."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from .backoff import Backoff
from .model import Attempt, CallSignal, Outcome, StopCause, TimedCall, Verdict

# Seconds by which a beat may be late and the next ones still keep their times: what a commit, or
# the scheduler, holds up is made good. What a slow site holds up is not: there are no bursts.
_LATE: Final = 0.1


class RateLimiter:
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


class ConcurrencyLimit(Protocol):
    """How many calls may be in flight at once."""

    @property
    def jobs(self) -> int:
        """How many they are now, at least 1."""
        ...

    def ended(self, attempts: Iterable[TimedCall], in_flight: int, now: float) -> None:
        """Learn from *attempts*, read once, that ended at *now*.

        *in_flight* is how many there were, these included.
        """
        ...


class FixedLimit:
    """Fulfils :class:`ConcurrencyLimit` with a number of *jobs* that stays."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def ended(self, attempts: Iterable[TimedCall], in_flight: int, now: float) -> None:
        """Learn nothing."""


class Pace:
    """Turns for as many calls at once as *limit* says, each resting *throttle* s after a success.

    With a *metronome* each turn waits for its beat. While *patience* pauses there are no turns,
    and one at a time while it tries the site. Times are seconds of one monotonic clock, which the
    caller reads.
    """

    def __init__(
        self,
        limit: ConcurrencyLimit,
        throttle: float,
        patience: Backoff,
        metronome: RateLimiter | None = None,
    ) -> None:
        self._limit = limit
        self._throttle = throttle
        self._patience = patience
        self._metronome = metronome
        self._resting: list[float] = []

    def turns(self, now: float, in_flight: int) -> int:
        """Return how many calls may begin at the time *now*."""
        if now < self._patience.until:
            return 0
        free = self._free(in_flight, now)
        return min(free, self._metronome.beats(now)) if self._metronome else free

    def begun(self, count: int, now: float) -> None:
        """Take note that *count* calls have begun at the time *now*."""
        if self._metronome:
            self._metronome.take(count, now)

    def rest(self, now: float, in_flight: int) -> float | None:
        """Return how many seconds the next turn is away, ``None`` where an answer brings it."""
        if self._free(in_flight, now):
            due = self._metronome.next if self._metronome else now
        elif self._resting:
            due = min(self._resting)
        else:
            return None
        return max(0.0, due - now, self._patience.until - now)

    def ended(
        self, attempts: Sequence[Attempt], outcomes: Sequence[Outcome], in_flight: int, now: float
    ) -> None:
        """Take note of *attempts*, and of their *outcomes*, that have ended at the time *now*.

        *in_flight* is how many there were, these included.
        """
        self._limit.ended(_timed(attempts, outcomes), in_flight, now)
        if self._throttle:
            sent = sum(outcome.verdict is Verdict.SENT for outcome in outcomes)
            self._resting += [now + self._throttle] * sent

    def _free(self, in_flight: int, now: float) -> int:
        self._resting = [until for until in self._resting if until > now]
        jobs = 1 if self._patience.tried else self._limit.jobs
        return max(0, jobs - in_flight - len(self._resting))


def _timed(attempts: Sequence[Attempt], outcomes: Sequence[Outcome]) -> Iterator[TimedCall]:
    for attempt, outcome in zip(attempts, outcomes, strict=True):
        yield TimedCall(attempt.seconds, _sign(outcome))


def _sign(outcome: Outcome) -> CallSignal:
    if outcome.cause is StopCause.BUSY:
        return CallSignal.REFUSED
    # A verdict of unknown may stem from before; an answer of the hook has a status.
    lost = outcome.cause is StopCause.UNREACHABLE or outcome.verdict is Verdict.UNKNOWN
    return CallSignal.LOST if lost and outcome.status is None else CallSignal.ANSWER

# SPDX-License-Identifier: MIT
"""The pace of a run: when calls may begin, how many, and the pauses after failures."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from .model import Attempt, CallSignal, Outcome, StopCause, TimedCall, Verdict

# Seconds.
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
_LONGEST_ASKED: Final = 3600.0

_ANSWERS: Final = (Verdict.SENT, Verdict.SKIPPED, Verdict.FAILED)


class Backoff:
    """Pauses that grow from 1 s to 60 s while no call succeeds, for *patience* seconds in all.

    Pauses that the site asks for are added, up to an hour without a success. Times are seconds of
    one monotonic clock, which the caller reads; *random* returns numbers from 0 to 1.
    """

    def __init__(self, patience: float, random: Callable[[], float]) -> None:
        self._patience = patience
        self._random = random
        self._since: float | None = None
        self._tries = 0
        self._asked = 0.0
        self._without_answer = 0
        #: No call begins before this time.
        self.until = 0.0

    @property
    def probing(self) -> bool:
        """Whether the site is failing, so that only one call at a time tests it."""
        return self._since is not None

    def after_outcome(self, outcome: Outcome, now: float) -> StopCause | None:
        """Pause after a failure; return why the run has to stop, if the patience has ended."""
        if outcome.verdict in _ANSWERS:
            self._since, self._tries, self._asked, self._without_answer = None, 0, 0.0, 0
        if not outcome.again or outcome.cause is StopCause.TOKEN_REFUSED:
            return None
        if outcome.cause is None:
            self._without_answer += 1
            if self._without_answer == 1:
                return None  # the call is repeated after those of the other members
        if self.pause(now, outcome.retry_after):
            return None
        return outcome.cause or StopCause.NO_ANSWER

    def pause(self, now: float, retry_after: float | None = None) -> bool:
        """Set the pause after a failure; return whether to try again after it.

        *retry_after* is the pause that the site asked for, in seconds, if it did.
        """
        if self._since is None:
            self._since = now
        asked = now + (retry_after or 0.0)
        self._asked += max(0.0, asked - max(now, self.until))
        end = self._since + self._patience + self._asked
        if now >= self.until:  # else several calls failed together, and the pause has begun
            pause: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**self._tries)
            self._tries += 1
            # Between half of the pause and all of it, so that clients that were refused together
            # do not return together.
            self.until = min(now + pause * (1 + self._random()) / 2, end)
        self.until = max(self.until, asked)
        return self._patience > 0 and now < end and self._asked <= _LONGEST_ASKED


# Seconds by which a call may be late without delaying the next ones: the time of a commit or of
# the scheduler is caught up. The time of a slow site is not, so that there are no bursts.
_TOLERANCE: Final = 0.1


class ConcurrencyLimit(Protocol):
    """How many calls may be in flight at once."""

    @property
    def jobs(self) -> int:
        """The limit now, at least 1."""
        ...

    def ended(self, attempts: Iterable[TimedCall], in_flight: int, now: float) -> None:
        """Learn from *attempts*, which it may read once, that ended at *now*.

        *in_flight* is how many calls there were, these included.
        """
        ...


class FixedLimit:
    """A :class:`ConcurrencyLimit` with a constant number of *jobs*."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def ended(self, attempts: Iterable[TimedCall], in_flight: int, now: float) -> None:
        """Learn nothing."""


class RateLimiter:
    """Lets *rate* calls a second begin, evenly spaced, the first at once.

    Times are seconds of one monotonic clock, which the caller reads. This is the generic cell
    rate algorithm (ITU-T I.371), with a tolerance of a tenth of a second.
    """

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate
        #: When the next call may begin.
        self.next = -math.inf

    def allowed(self, now: float) -> int:
        """Return how many calls may begin at the time *now*."""
        late = now - self.next
        if late < 0:
            return 0
        return 1 + int(late / self._interval) if late <= _TOLERANCE else 1

    def begun(self, count: int, now: float) -> None:
        """Take note that *count* calls have begun at the time *now*."""
        on_time = now - self.next <= _TOLERANCE
        self.next = (self.next if on_time else now) + count * self._interval


class Pace:
    """How many calls may begin: up to *limit* in flight, with *throttle* s of pause after a mail.

    With a *rate_limiter* each call waits for its time. During a pause of *backoff* no call begins,
    and after it one at a time until the site works. Times are seconds of one monotonic clock,
    which the caller reads.
    """

    def __init__(
        self,
        limit: ConcurrencyLimit,
        throttle: float,
        backoff: Backoff,
        rate_limiter: RateLimiter | None = None,
    ) -> None:
        self._limit = limit
        self._throttle = throttle
        self._backoff = backoff
        self._rate_limiter = rate_limiter
        self._resting: list[float] = []

    def turns(self, now: float, in_flight: int) -> int:
        """Return how many calls may begin at the time *now*."""
        if now < self._backoff.until:
            return 0
        free = self._free(in_flight, now)
        return min(free, self._rate_limiter.allowed(now)) if self._rate_limiter else free

    def begun(self, count: int, now: float) -> None:
        """Take note that *count* calls have begun at the time *now*."""
        if self._rate_limiter:
            self._rate_limiter.begun(count, now)

    def rest(self, now: float, in_flight: int) -> float | None:
        """Return the seconds until a call may begin, ``None`` if that depends on an answer."""
        if self._free(in_flight, now):
            due = self._rate_limiter.next if self._rate_limiter else now
        elif self._resting:
            due = min(self._resting)
        else:
            return None
        return max(0.0, due - now, self._backoff.until - now)

    def ended(
        self, attempts: Sequence[Attempt], outcomes: Sequence[Outcome], in_flight: int, now: float
    ) -> None:
        """Take note of *attempts* and their *outcomes*, which ended at the time *now*.

        *in_flight* is how many calls there were, these included.
        """
        timed = (
            TimedCall(attempt.seconds, _signal(outcome))
            for attempt, outcome in zip(attempts, outcomes, strict=True)
        )
        self._limit.ended(timed, in_flight, now)
        if self._throttle:
            sent = sum(outcome.verdict is Verdict.SENT for outcome in outcomes)
            self._resting += [now + self._throttle] * sent

    def _free(self, in_flight: int, now: float) -> int:
        self._resting = [until for until in self._resting if until > now]
        jobs = 1 if self._backoff.probing else self._limit.jobs
        return max(0, jobs - in_flight - len(self._resting))


def _signal(outcome: Outcome) -> CallSignal:
    if outcome.cause is StopCause.BUSY:
        return CallSignal.REFUSED
    # The verdict may be unknown because of an earlier call; an answer of the hook has a status.
    lost = outcome.cause is StopCause.UNREACHABLE or outcome.verdict is Verdict.UNKNOWN
    return CallSignal.LOST if lost and outcome.status is None else CallSignal.ANSWER

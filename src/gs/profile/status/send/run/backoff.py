# SPDX-License-Identifier: MIT
"""The backoff: how long the run pauses after failures, and for how long it tries again."""

from collections.abc import Callable
from typing import Final

from .model import Outcome, StopCause, Verdict

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

# SPDX-License-Identifier: MIT
"""Patience: how long a site in trouble is borne with, and how often it is tried meanwhile."""

from collections.abc import Callable
from typing import Final

from .model import Outcome, StopCause, Verdict

# Seconds.
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
_LONGEST_ASKED: Final = 3600.0

_ANSWERS: Final = (Verdict.SENT, Verdict.SKIPPED, Verdict.FAILED)


class Backoff:
    """Pauses that grow from 1 s to 60 s while no call succeeds, for *seconds* in all.

    Pauses that the site asks for come on top of these, up to an hour without a success. Times are
    seconds of one monotonic clock, which the caller reads; *random* returns numbers from 0 to 1.
    """

    def __init__(self, seconds: float, random: Callable[[], float]) -> None:
        self._seconds = seconds
        self._random = random
        self._since: float | None = None
        self._tries = 0
        self._asked = 0.0
        self._lost = 0
        #: Before this time nothing begins.
        self.until = 0.0

    @property
    def tried(self) -> bool:
        """Whether the site is in trouble: then one call at a time shows whether it still is."""
        return self._since is not None

    def weigh(self, outcome: Outcome, now: float) -> StopCause | None:
        """Take note of *outcome*; return why the run should stop, if patience is at its end."""
        if outcome.verdict in _ANSWERS:
            self._since, self._tries, self._asked, self._lost = None, 0, 0.0, 0
        if not outcome.again or outcome.cause is StopCause.TOKEN_REFUSED:
            return None
        if outcome.cause is None:
            self._lost += 1
            if self._lost == 1:
                return None  # one of many; it is repeated when the others have had their turn
        if self.bears(now, outcome.retry_after):
            return None
        return outcome.cause or StopCause.NO_ANSWER

    def bears(self, now: float, retry_after: float | None = None) -> bool:
        """Return whether to try again after a failure, and set the pause until then.

        *retry_after* is for how many seconds the site asked to be left alone, if it did.
        """
        if self._since is None:
            self._since = now
        asked = now + (retry_after or 0.0)
        self._asked += max(0.0, asked - max(now, self.until))
        end = self._since + self._seconds + self._asked
        if now >= self.until:  # else it failed together with others, and the pause is on
            self.until = min(now + self._pause(), end)
        self.until = max(self.until, asked)
        return self._seconds > 0 and now < end and self._asked <= _LONGEST_ASKED

    def _pause(self) -> float:
        pause: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**self._tries)
        self._tries += 1
        # Between half of it and the whole: those who were refused together come back apart.
        return pause * (1 + self._random()) / 2

# SPDX-License-Identifier: MIT
"""What ends a run before every member has a verdict: signals, limits, and failures of the site."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from gs.profile.status.send.errors import StoppedAtOnceError

from .model import Outcome, StopCause, Verdict
from .pace import Backoff

_SIGNALS: Final = {
    signal.SIGHUP: StopCause.HANG_UP,
    signal.SIGINT: StopCause.INTERRUPT,
    signal.SIGTERM: StopCause.TERMINATE,
}


class Stop:
    """Whether the run is to end, why, and how fast.

    The first signal ends it as soon as the calls in flight are answered, the second at once. If
    nothing is in flight, the first ends it at once. The system handles a third one. *is_late*
    returns whether no more calls may begin.
    """

    def __init__(self, is_late: Callable[[], bool] = lambda: False) -> None:
        self.is_late = is_late
        self.cause: StopCause | None = None
        #: The pause that the site asked for, in seconds, if it did.
        self.retry_after: float | None = None
        self._signals = 0
        self._waits = False
        self._readable, self._writable = os.pipe()
        for end in (self._readable, self._writable):
            os.set_blocking(end, False)

    def fileno(self) -> int:
        """Return a file descriptor that becomes readable when a signal arrives."""
        return self._readable

    def check(self) -> None:
        """Raise :class:`StoppedAtOnceError` if the run is to end now."""
        if self._signals:
            with suppress(BlockingIOError):
                os.read(self._readable, 4096)
        if not self._waits and self.is_late():
            self.request(StopCause.UNTIL)
        if self.cause and (self._signals > 1 or not self._waits):
            raise StoppedAtOnceError(self.cause)

    def request(self, cause: StopCause, retry_after: float | None = None) -> None:
        """End the run for *cause*, unless it is ending already."""
        if self.cause is None:
            self.cause, self.retry_after = cause, retry_after

    @contextmanager
    def waiting_for_answers(self) -> Iterator[None]:
        """Let the first signal wait for the answers to the calls in flight."""
        self._waits = True
        try:
            yield
        finally:
            self._waits = False

    @contextmanager
    def handling_signals(self) -> Iterator[None]:
        """Handle the signals that ask a program to end, and restore their handlers afterwards."""
        before: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {
            number: signal.getsignal(number)
            for number in _SIGNALS
            if signal.getsignal(number) is not signal.SIG_IGN  # nohup(1) ignores SIGHUP
        }
        for number in before:
            signal.signal(number, self._handle)
        wakeup = signal.set_wakeup_fd(self._writable, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        self.request(_SIGNALS[signal.Signals(number)])
        if self._signals > 1:
            signal.signal(number, signal.SIG_DFL)


class StopRules:
    """The one place that decides whether a run has to stop.

    *limit* is how many members it may send to, ``None`` for all.
    """

    def __init__(
        self, stop: Stop, failures: "FailureLimit", backoff: Backoff, limit: int | None = None
    ) -> None:
        self.stop = stop
        self.backoff = backoff
        self._failures = failures
        self._allowed = limit

    def allowed(self, waiting: int) -> int:
        """Return how many of the *waiting* members the run may still send to."""
        return waiting if self._allowed is None else min(waiting, self._allowed)

    def claimed(self, count: int) -> None:
        """Take note that *count* members were claimed."""
        if self._allowed is not None:
            self._allowed -= count

    def before_claim(self, waiting: int, in_flight: int) -> bool:
        """Return whether members may be claimed now; stop the run if the limit or time is up."""
        if waiting and self._allowed == 0 and not in_flight:
            self.stop.request(StopCause.LIMIT)
        if waiting and self.stop.is_late():
            self.stop.request(StopCause.UNTIL)
        return bool(waiting) and not self.stop.cause

    def after_outcome(self, outcome: Outcome, now: float) -> bool:
        """Stop the run if *outcome* shows that more calls do harm or are useless.

        Returns whether it did.
        """
        if outcome.again and self._allowed is not None:
            self._allowed += 1
        cause = self._failures.cause(outcome) or self.backoff.after_outcome(outcome, now)
        if cause:
            self.stop.request(cause, outcome.retry_after)
        return cause is not None

    def after_list_failed(self, now: float, retry_after: float | None = None) -> bool:
        """Return whether to ask for the list of members again, after a pause."""
        return self.backoff.pause(now, retry_after)


class FailureLimit:
    """Stops a run after failures in a row: unknown outcomes, and denials.

    *max_unknown* is the most unknown outcomes in a row, 0 for no limit. A denial of the first call
    of a run means that the URL is wrong. In a *resumed* run that takes *max_unknown* denials.
    """

    def __init__(self, max_unknown: int, *, resumed: bool = False) -> None:
        self._max_unknown = max_unknown
        self._max_denied = max_unknown if resumed else 1
        self._unknown_in_a_row = 0
        self._denied_in_a_row = 0

    def cause(self, outcome: Outcome) -> StopCause | None:
        """Return why the run has to stop after *outcome*, the next one, if it has to."""
        if outcome.cause is StopCause.TOKEN_REFUSED:
            return outcome.cause
        if outcome.cause is StopCause.NOT_A_SITE:
            return self._denied()
        self._max_denied = 0
        # Calls that can be repeated are limited by the backoff.
        unknown = outcome.verdict is Verdict.UNKNOWN and not outcome.again
        self._unknown_in_a_row = self._unknown_in_a_row + 1 if unknown else 0
        if self._max_unknown and self._unknown_in_a_row >= self._max_unknown:
            return StopCause.TOO_MANY_UNKNOWN
        return None

    def _denied(self) -> StopCause | None:
        self._unknown_in_a_row = 0
        self._denied_in_a_row += 1
        if self._max_denied and self._denied_in_a_row >= self._max_denied:
            return StopCause.NOT_A_SITE
        return None

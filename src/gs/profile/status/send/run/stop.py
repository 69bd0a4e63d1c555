# SPDX-License-Identifier: MIT
"""The stop: signals, and what outcomes say of the site, become one cause to end the run."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from gs.profile.status.send.errors import StoppedAtOnceError

from .model import Outcome, StopCause, Verdict

_SIGNALS: Final = {
    signal.SIGHUP: StopCause.HANG_UP,
    signal.SIGINT: StopCause.INTERRUPT,
    signal.SIGTERM: StopCause.TERMINATE,
}


class Stop:
    """Whether the run is to end, and how fast.

    A first signal ends it as soon as what is in flight has an answer, a second at once; where
    nothing is in flight the first is enough. A third is left to the system. *is_late* says when
    no more is to be begun.
    """

    def __init__(self, is_late: Callable[[], bool] = lambda: False) -> None:
        self.is_late = is_late
        self.cause: StopCause | None = None
        #: For how many seconds the site wants to be left alone, where it said so.
        self.retry_after: float | None = None
        self._signals = 0
        self._patient = False
        self._readable, self._writable = os.pipe()
        for end in (self._readable, self._writable):
            os.set_blocking(end, False)

    def fileno(self) -> int:
        """Return a file descriptor that becomes readable when a signal arrives."""
        return self._readable

    def check(self) -> None:
        """Raise :class:`StoppedAtOnceError` where the run is to be left now."""
        if self._signals:
            with suppress(BlockingIOError):
                os.read(self._readable, 4096)
        if not self._patient and self.is_late():
            self.request(StopCause.UNTIL)
        if self.cause and (self._signals > 1 or not self._patient):
            raise StoppedAtOnceError(self.cause)

    def request(self, cause: StopCause, retry_after: float | None = None) -> None:
        """End the run for *cause*, unless it is ending already."""
        if self.cause is None:
            self.cause, self.retry_after = cause, retry_after

    @contextmanager
    def finishing_what_is_in_flight(self) -> Iterator[None]:
        """Let the first signal wait for the answers of what is in flight."""
        self._patient = True
        try:
            yield
        finally:
            self._patient = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals that ask a program to end, and give them back afterwards."""
        before: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {
            number: signal.getsignal(number)
            for number in _SIGNALS
            if signal.getsignal(number) is not signal.SIG_IGN  # nohup(1) has said no
        }
        for number in before:
            signal.signal(number, self._heard)
        woken = signal.set_wakeup_fd(self._writable, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(woken)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        self.request(_SIGNALS[signal.Signals(number)])
        if self._signals > 1:
            signal.signal(number, signal.SIG_DFL)


class FailureLimit:
    """Says when outcomes mean that going on would do harm, or no good.

    *max_unknown* is how many outcomes in a row may tell nothing, 0 for any number. Who is denied
    at the first call of a run is at the wrong address; when it is *resumed*, only who is denied
    that many times.
    """

    def __init__(self, max_unknown: int, *, resumed: bool = False) -> None:
        self._max_unknown = max_unknown
        self._max_denied = max_unknown if resumed else 1
        self._unknown_in_a_row = 0
        self._denied_in_a_row = 0

    def cause(self, outcome: Outcome) -> StopCause | None:
        """Return why the run should stop after *outcome*, the next one, if it should."""
        if outcome.cause is StopCause.TOKEN_REFUSED:
            return outcome.cause
        if outcome.cause is StopCause.NOT_A_SITE:
            return self._denied()
        self._max_denied = 0
        # What can be repeated is a matter of patience.
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

# SPDX-License-Identifier: MIT
"""The stop: signals, and what outcomes say of the site, become one cause to end the run."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from .errors import LeaveAtOnceError
from .model import Outcome, StopCause, Verdict

_SIGNALS: Final = {
    signal.SIGHUP: StopCause.HANG_UP,
    signal.SIGINT: StopCause.INTERRUPT,
    signal.SIGTERM: StopCause.TERMINATE,
}


class Stop:
    """Whether the run is to end, and how fast.

    A first signal ends it as soon as what is in flight has an answer, a second at once; where
    nothing is in flight the first is enough. A third is left to the system.
    """

    def __init__(self) -> None:
        self.cause: StopCause | None = None
        self._signals = 0
        self._patient = False
        self._readable, self._writable = os.pipe()
        for end in (self._readable, self._writable):
            os.set_blocking(end, False)

    def fileno(self) -> int:
        """Return a file descriptor that becomes readable when a signal arrives."""
        return self._readable

    def check(self) -> None:
        """Raise :class:`LeaveAtOnceError` where the run is to be left now."""
        with suppress(BlockingIOError):
            os.read(self._readable, 4096)
        if self.cause and self._signals > (1 if self._patient else 0):
            raise LeaveAtOnceError(self.cause)

    def request(self, cause: StopCause) -> None:
        """End the run for *cause*, unless it is ending already."""
        self.cause = self.cause or cause

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


class Breaker:
    """Says when outcomes mean that going on would do harm, or no good.

    *max_unknown* is how many unknown outcomes in a row are too many, 0 for never.
    """

    def __init__(self, max_unknown: int) -> None:
        self._max_unknown = max_unknown
        self._unknown_in_a_row = 0
        self._first = True

    def cause(self, outcome: Outcome) -> StopCause | None:
        """Return why the run should stop after *outcome*, the next one, if it should."""
        first, self._first = self._first, False
        unknown = outcome.verdict is Verdict.UNKNOWN
        self._unknown_in_a_row = self._unknown_in_a_row + 1 if unknown else 0
        if self._max_unknown and self._unknown_in_a_row >= self._max_unknown:
            return StopCause.TOO_MANY_UNKNOWN
        if outcome.cause is StopCause.NOT_A_SITE and not first:
            return None
        return outcome.cause

# SPDX-License-Identifier: MIT
"""The reporters of a run: one says nothing, one says what happens to each member."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from gs.profile.status.hooks import Status
from gs.profile.status.send.run.model import Claim, Outcome, StopCause, Tally, Verdict

from .output import Output
from .screen import Progress, Screen, Tone
from .summary import closing_line, pausing_line, removed_line, stopping_line

# Seconds. Long enough to be steady at one notification a second, short enough to follow.
_LATELY: Final = 30.0


class RecentRate:
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


class SilentReporter:
    """Fulfils :class:`~gs.profile.status.send.run.ports.Reporter`; speaks when it is stopped."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def retrieving(self) -> None:
        """Say nothing."""

    def retrieved(self, waiting: int, left: int) -> None:  # noqa: ARG002 - the port's
        """Say who is not sent to any more: nobody else will."""
        if left:
            self._output.line(removed_line(left))

    def claimed(self, claims: Sequence[Claim]) -> None:
        """Say nothing."""

    def settled(self, outcomes: Sequence[Outcome]) -> None:
        """Say nothing."""

    def pausing(self, cause: StopCause, seconds: float) -> None:
        """Say so to somebody who sits there; cron need not hear of it."""
        if self._output.isatty():
            self._output.line(pausing_line(cause, seconds))

    def tick(self) -> None:
        """Say nothing."""

    def stopping(self, cause: StopCause, in_flight: int) -> None:
        """Say that the run is ending, where somebody asked for it and has to wait."""
        line = stopping_line(cause, in_flight)
        if line:
            self._output.line(line)

    def finished(self, tally: Tally, seconds: float) -> None:
        """Say nothing: what is not well is in the summary."""


_LABELS: Final = {
    Verdict.SENT: "Done",
    Verdict.SKIPPED: "Done",
    Verdict.FAILED: "Failed",
    Verdict.UNKNOWN: "Unknown",
    Verdict.WAITING: "Not sent",
}

# Seconds. More often than this nobody can read it.
_REDRAW: Final = 0.1


class VerboseReporter:
    """Fulfils :class:`~gs.profile.status.send.run.ports.Reporter` on a screen."""

    def __init__(self, screen: Screen, clock: Callable[[], float]) -> None:
        self._screen = screen
        self._clock = clock
        self._total = self._done = 0
        self._rate = RecentRate(clock())
        self._drawn = 0.0

    def retrieving(self) -> None:
        """Wait for the list: a line is written when it is whole."""

    def retrieved(self, waiting: int, left: int) -> None:
        """Show that the list is there."""
        self._screen.line("Retrieving the list of people... done")
        if left:
            self._screen.line(removed_line(left))
        self._screen.line("Sending the status notification to each person")
        self._total = waiting
        self._rate = RecentRate(self._clock())

    def claimed(self, claims: Sequence[Claim]) -> None:
        """Show to whom is being sent."""
        for claim in claims:
            self._screen.sending(claim.member)
        self._draw()

    def settled(self, outcomes: Sequence[Outcome]) -> None:
        """Show the verdicts."""
        for outcome in outcomes:
            self._screen.ended(_LABELS[outcome.verdict], _tone(outcome), outcome.message)
        self._done += sum(not outcome.again for outcome in outcomes)
        self._rate.note(self._clock(), self._done)
        self._draw()

    def pausing(self, cause: StopCause, seconds: float) -> None:
        """Show that the run waits."""
        self._screen.clear()
        self._screen.line(pausing_line(cause, seconds))

    def tick(self) -> None:
        """Let the bar follow the clock."""
        if self._clock() >= self._drawn + _REDRAW:
            self._draw()

    def stopping(self, cause: StopCause, in_flight: int) -> None:
        """Show that the run is ending."""
        line = stopping_line(cause, in_flight)
        if line:
            self._screen.line(line)

    def finished(self, tally: Tally, seconds: float) -> None:
        """Show the counts."""
        self._screen.clear()
        self._screen.line(closing_line(tally, seconds))

    def _draw(self) -> None:
        now = self._drawn = self._clock()
        rate = self._rate.per_second(now)
        left = (self._total - self._done) / rate if rate else None
        self._screen.progress(Progress(self._done, self._total, rate, left))


def _tone(outcome: Outcome) -> Tone:
    if outcome.verdict is Verdict.SENT:
        return Tone.GOOD
    skipped = outcome.verdict is Verdict.SKIPPED and outcome.status != Status.NO_SUCH_MEMBER
    return Tone.MIXED if skipped else Tone.BAD

# SPDX-License-Identifier: MIT
"""The reporters of a run: a silent one, and one that shows each member on a screen."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from gs.profile.status.hooks import Status
from gs.profile.status.send.run.model import Claim, Outcome, StopCause, Tally, Verdict

from .output import Output
from .screen import PlainScreen, Progress, Screen, Tone
from .summary import closing_line, pausing_line, removed_line, stopping_line

# Values of TERM for terminals without cursor control; "" if the variable is not set.
_PLAIN_TERMINALS: Final = ("", "dumb", "unknown")


def screen_for(output: Output, environment: Mapping[str, str]) -> Screen:
    """Return a terminal screen if *output* is a terminal with cursor control, else a plain one."""
    if output.isatty() and environment.get("TERM", "") not in _PLAIN_TERMINALS:
        from .terminal import TerminalScreen  # noqa: PLC0415 - Rich is slow to import

        return TerminalScreen(output, environment)
    return PlainScreen(output)


class SilentReporter:
    """A :class:`~gs.profile.status.send.run.ports.Reporter` that reports only problems."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def retrieving(self) -> None:
        """Report nothing."""

    def retrieved(self, waiting: int, removed: int) -> None:  # noqa: ARG002 - the port's
        """Report members who are no longer listed, because nothing else reports them."""
        if removed:
            self._output.line(removed_line(removed))

    def claimed(self, claims: Sequence[Claim]) -> None:
        """Report nothing."""

    def recorded(self, outcomes: Sequence[Outcome]) -> None:
        """Report nothing."""

    def pausing(self, cause: StopCause, seconds: float) -> None:
        """Report a pause on a terminal; cron would mail it."""
        if self._output.isatty():
            self._output.line(pausing_line(cause, seconds))

    def tick(self) -> None:
        """Report nothing."""

    def stopping(self, cause: StopCause, in_flight: int) -> None:
        """Report that the run is stopping, if an operator asked for it and has to wait."""
        line = stopping_line(cause, in_flight)
        if line:
            self._output.line(line)

    def finished(self, tally: Tally, seconds: float) -> None:
        """Report nothing: the summary has the problems."""


_LABELS: Final = {
    Verdict.SENT: "Done",
    Verdict.SKIPPED: "Done",
    Verdict.FAILED: "Failed",
    Verdict.UNKNOWN: "Unknown",
    Verdict.WAITING: "Not sent",
}

# Seconds between two drawings of the progress. Nobody can read it faster.
_REDRAW: Final = 0.1


class VerboseReporter:
    """A :class:`~gs.profile.status.send.run.ports.Reporter` that shows each member on a screen."""

    def __init__(self, screen: Screen, clock: Callable[[], float]) -> None:
        self._screen = screen
        self._clock = clock
        self._total = self._done = 0
        self._rate = RecentRate(clock())
        self._drawn = 0.0

    def retrieving(self) -> None:
        """Show nothing: a line follows when the list is complete."""

    def retrieved(self, waiting: int, removed: int) -> None:
        """Show that the list is complete."""
        self._screen.line("Retrieving the list of people... done")
        if removed:
            self._screen.line(removed_line(removed))
        self._screen.line("Sending the status notification to each person")
        self._total = waiting
        self._rate = RecentRate(self._clock())

    def claimed(self, claims: Sequence[Claim]) -> None:
        """Show the members that calls begin for."""
        for claim in claims:
            self._screen.sending(claim.member)
        self._draw()

    def recorded(self, outcomes: Sequence[Outcome]) -> None:
        """Show the verdicts."""
        for outcome in outcomes:
            self._screen.ended(_LABELS[outcome.verdict], _tone(outcome), outcome.message)
        self._done += sum(not outcome.again for outcome in outcomes)
        self._rate.add(self._clock(), self._done)
        self._draw()

    def pausing(self, cause: StopCause, seconds: float) -> None:
        """Show the pause, and why."""
        self._screen.clear()
        self._screen.line(pausing_line(cause, seconds))

    def tick(self) -> None:
        """Draw the progress again, if the last drawing is old."""
        if self._clock() >= self._drawn + _REDRAW:
            self._draw()

    def stopping(self, cause: StopCause, in_flight: int) -> None:
        """Show that the run is stopping."""
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
        remaining = (self._total - self._done) / rate if rate else None
        self._screen.progress(Progress(self._done, self._total, rate, remaining))


def _tone(outcome: Outcome) -> Tone:
    if outcome.verdict is Verdict.SENT:
        return Tone.GOOD
    skipped = outcome.verdict is Verdict.SKIPPED and outcome.status != Status.NO_SUCH_MEMBER
    return Tone.MIXED if skipped else Tone.BAD


# Seconds. With one notification a second the rate is steady, and it still follows a change.
_WINDOW: Final = 30.0


class RecentRate:
    """Members a second in the last 30 s; times are seconds of one monotonic clock."""

    def __init__(self, began: float) -> None:
        self._samples = deque([(began, 0)])

    def add(self, now: float, done: int) -> None:
        """Take note that *done* members have a verdict at the time *now*."""
        self._samples.append((now, done))
        while len(self._samples) > 2 and self._samples[1][0] <= now - _WINDOW:  # noqa: PLR2004 - a rate needs two
            self._samples.popleft()

    def per_second(self, now: float) -> float | None:
        """Return the rate, ``None`` if no member has a verdict yet."""
        began, before = self._samples[0]
        done = self._samples[-1][1] - before
        return done / (now - began) if done and now > began else None

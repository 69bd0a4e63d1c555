# SPDX-License-Identifier: MIT
"""A run that says what it does, member by member."""

from collections.abc import Callable, Sequence
from typing import Final

from gs.profile.status.hooks import Status
from gs.profile.status.send.run.model import Claim, Outcome, StopCause, Tally, Verdict

from .rate import Rate
from .screen import Progress, Screen, Tone
from .summary import closing_line, leaving_line, pausing_line, stopping_line

_LABELS: Final = {
    Verdict.SENT: "Done",
    Verdict.SKIPPED: "Done",
    Verdict.FAILED: "Failed",
    Verdict.UNKNOWN: "Unknown",
    Verdict.WAITING: "Not sent",
}

# Seconds. More often than this nobody can read it.
_REDRAW: Final = 0.1


class Verbose:
    """Fulfils :class:`~gs.profile.status.send.run.ports.Reporter` on a screen."""

    def __init__(self, screen: Screen, clock: Callable[[], float]) -> None:
        self._screen = screen
        self._clock = clock
        self._total = self._done = 0
        self._rate = Rate(clock())
        self._drawn = 0.0

    def retrieving(self) -> None:
        """Wait for the list: a line is written when it is whole."""

    def retrieved(self, waiting: int, left: int) -> None:
        """Show that the list is there."""
        self._screen.line("Retrieving the list of people... done")
        if left:
            self._screen.line(leaving_line(left))
        self._screen.line("Sending the status notification to each person")
        self._total = waiting
        self._rate = Rate(self._clock())

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

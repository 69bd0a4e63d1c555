# SPDX-License-Identifier: MIT
"""A run that says nothing while all is well."""

from collections.abc import Sequence

from gs.profile.status.send.run.model import Claim, Outcome, StopCause, Tally

from .output import Output
from .summary import leaving_line, pausing_line, stopping_line


class Silent:
    """Fulfils :class:`~gs.profile.status.send.run.ports.Reporter`; speaks only when it is stopped."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def retrieving(self) -> None:
        """Say nothing."""

    def retrieved(self, waiting: int, left: int) -> None:  # noqa: ARG002 - the port's
        """Say who is not sent to any more: nobody else will."""
        if left:
            self._output.line(leaving_line(left))

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

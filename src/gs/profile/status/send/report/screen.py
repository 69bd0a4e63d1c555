# SPDX-License-Identifier: MIT
"""What a run is shown on: a terminal, or a plain stream of lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from gs.profile.status.send.text import printable

from .output import Output


class Tone(Enum):
    """How good a piece of news is, by the colour that a terminal gives it."""

    GOOD = "green"
    MIXED = "yellow"
    BAD = "red"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the run is: *rate* is members a second, *left* seconds, ``None`` if not known."""

    done: int
    total: int
    rate: float | None = None
    left: float | None = None


class Screen(Protocol):
    """Where a verbose run is shown."""

    def line(self, text: str) -> None:
        """Show a line."""
        ...

    def sending(self, member: str) -> None:
        """Show to whom is being sent."""
        ...

    def ended(self, label: str, tone: Tone, message: str) -> None:
        """Show how that ended."""
        ...

    def progress(self, progress: Progress) -> None:
        """Show how far the run is, until something else is shown."""
        ...

    def clear(self) -> None:
        """Take the progress away."""
        ...


class PlainScreen:
    """A screen for files, pipes and terminals that can do nothing: one write a line."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def line(self, text: str) -> None:
        """Write a line."""
        self._output.line(text)

    def sending(self, member: str) -> None:
        """Write to whom is being sent."""
        self._output.line(f"Sending status ({printable(member)})...")

    def ended(self, label: str, tone: Tone, message: str) -> None:  # noqa: ARG002 - no colours
        """Write how that ended."""
        self._output.line(f"    {label}: {printable(message)}")

    def progress(self, progress: Progress) -> None:
        """Do nothing: what was written to a file cannot be taken back."""

    def clear(self) -> None:
        """Do nothing: there is no progress to take away."""


# Values of TERM; "" for a terminal that nobody has said anything about.
_CAN_DO_NOTHING: Final = ("", "dumb", "unknown")


def screen_for(output: Output, environment: Mapping[str, str]) -> Screen:
    """Return the best screen that *output* can be."""
    if output.isatty() and environment.get("TERM", "") not in _CAN_DO_NOTHING:
        from .terminal import TerminalScreen

        return TerminalScreen(output, environment)
    return PlainScreen(output)

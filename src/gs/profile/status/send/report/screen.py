# SPDX-License-Identifier: MIT
"""The screen that shows a run; the plain one writes lines."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from gs.profile.status.send.text import printable

from .output import Output


class Tone(Enum):
    """How good a result is; the value is its colour on a terminal."""

    GOOD = "green"
    MIXED = "yellow"
    BAD = "red"


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a run.

    *rate* is members a second and *remaining* the time in seconds, ``None`` if not known.
    """

    done: int
    total: int
    rate: float | None = None
    remaining: float | None = None


class Screen(Protocol):
    """Shows a verbose run."""

    def line(self, text: str) -> None:
        """Show a line."""
        ...

    def sending(self, member: str) -> None:
        """Show that a call for *member* begins."""
        ...

    def ended(self, label: str, tone: Tone, message: str) -> None:
        """Show the result of a call."""
        ...

    def progress(self, progress: Progress) -> None:
        """Show the progress until something else is shown."""
        ...

    def clear(self) -> None:
        """Remove the progress."""
        ...


class PlainScreen:
    """Writes lines to a file, a pipe, or a terminal without cursor control."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def line(self, text: str) -> None:
        """Write a line."""
        self._output.line(text)

    def sending(self, member: str) -> None:
        """Write that a call for *member* begins."""
        self._output.line(f"Sending status ({printable(member)})...")

    def ended(self, label: str, tone: Tone, message: str) -> None:  # noqa: ARG002 - no colours
        """Write the result of a call."""
        self._output.line(f"    {label}: {printable(message)}")

    def progress(self, progress: Progress) -> None:
        """Do nothing: a file cannot be erased again."""

    def clear(self) -> None:
        """Do nothing: no progress was shown."""

# SPDX-License-Identifier: MIT
"""A terminal as a screen: colours, hanging indents, and a progress bar below it all."""

from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gs.profile.status.send.text import printable

from .output import Output
from .screen import Progress, Tone

# The cursor rests at the start of the bar. Whatever a resized terminal makes of the bar, all of
# it is then behind the cursor, and goes when the screen is erased from there on.
_ERASE: Final = "\r\x1b[J"


class TerminalScreen:
    """Shows a run on a terminal, of whatever width it has at the moment."""

    def __init__(self, output: Output, environment: Mapping[str, str]) -> None:
        self._output = output
        self._console = Console(
            # A file as far as Rich asks: Output has what it calls.
            file=output,  # type: ignore[arg-type]
            force_terminal=True,
            highlight=False,
            markup=False,
            emoji=False,
            _environ=environment,
        )

    def line(self, text: str) -> None:
        """Show a line."""
        self.clear()
        self._console.print(Text(text))

    def sending(self, member: str) -> None:
        """Show to whom is being sent."""
        self.clear()
        self._console.print(Text(f"Sending status ({printable(member)})...", style="white"))

    def ended(self, label: str, tone: Tone, message: str) -> None:
        """Show how that ended, below its label where it takes more than a line."""
        self.clear()
        row = Table.grid(padding=0)
        row.add_column(no_wrap=True)
        row.add_column(overflow="fold")
        row.add_row(
            Text(f"    {label}: ", style=tone.value), Text(printable(message), style="white")
        )
        self._console.print(row)

    def progress(self, progress: Progress) -> None:
        """Show the bar, in place of the one before."""
        bar = Text(progress_bar(progress, self._console.width - 1), style="bold", end="")
        with self._console.capture() as captured:
            self._console.print(bar, no_wrap=True, overflow="crop", crop=True, end="")
        self._output.write(f"{_ERASE}{captured.get()}\r")
        self._output.flush()

    def clear(self) -> None:
        """Take the bar away."""
        self._output.write(_ERASE)
        self._output.flush()


def progress_bar(progress: Progress, width: int) -> str:
    """Return a bar of *width* columns with the count, the rate and the time left."""
    texts = [f"{progress.done}/{progress.total}"]
    if progress.rate is not None:
        texts.append(f"{progress.rate:.1f}/s")
    if progress.left is not None:
        texts.append(f"{duration(progress.left)} left")
    figures = " ".join(texts)
    room = width - len(figures) - 3
    if room < 1:
        return figures[:width]
    filled = room * progress.done // progress.total if progress.total else room
    return f"[{'=' * filled}{' ' * (room - filled)}] {figures}"


def duration(seconds: float) -> str:
    """Return *seconds* as ``M:SS``, or ``H:MM:SS``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

# SPDX-License-Identifier: MIT
"""The screen on a terminal: colours, hanging indents, and a progress bar in the last line."""

from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gs.profile.status.send.text import printable

from .output import Output
from .screen import Progress, Tone

# The cursor stays at the start of the bar. If a resized terminal wraps the bar, all of its lines
# are behind the cursor, and are removed by erasing the screen from there.
_ERASE: Final = "\r\x1b[J"


class TerminalScreen:
    """Shows a run on a terminal, which may change its width during the run."""

    def __init__(self, output: Output, environment: Mapping[str, str]) -> None:
        self._output = output
        self._console = Console(
            # Output has the methods of a file that Rich calls.
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
        """Show that a call for *member* begins."""
        self.clear()
        self._console.print(Text(f"Sending status ({printable(member)})...", style="white"))

    def ended(self, label: str, tone: Tone, message: str) -> None:
        """Show the result of a call, with a hanging indent if it takes more than one line."""
        self.clear()
        row = Table.grid(padding=0)
        row.add_column(no_wrap=True)
        row.add_column(overflow="fold")
        row.add_row(
            Text(f"    {label}: ", style=tone.value), Text(printable(message), style="white")
        )
        self._console.print(row)

    def progress(self, progress: Progress) -> None:
        """Show the bar in place of the last one."""
        bar = Text(progress_bar(progress, self._console.width - 1), style="bold", end="")
        with self._console.capture() as captured:
            self._console.print(bar, no_wrap=True, overflow="crop", crop=True, end="")
        self._output.write(f"{_ERASE}{captured.get()}\r")
        self._output.flush()

    def clear(self) -> None:
        """Remove the bar."""
        self._output.write(_ERASE)
        self._output.flush()


def progress_bar(progress: Progress, width: int) -> str:
    """Return a bar of *width* columns with the count, the rate and the remaining time."""
    texts = [f"{progress.done}/{progress.total}"]
    if progress.rate is not None:
        texts.append(f"{progress.rate:.1f}/s")
    if progress.remaining is not None:
        texts.append(f"{duration(progress.remaining)} left")
    figures = " ".join(texts)
    columns = width - len(figures) - 3
    if columns < 1:
        return figures[:width]
    filled = columns * progress.done // progress.total if progress.total else columns
    return f"[{'=' * filled}{' ' * (columns - filled)}] {figures}"


def duration(seconds: float) -> str:
    """Return *seconds* as ``M:SS``, or ``H:MM:SS``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

# SPDX-License-Identifier: MIT
"""What is wrong with the lines of a file: the first ones, and how many there are."""

from typing import Final

#: How many are kept.
SHOWN: Final = 100
_LONGEST: Final = 60


class Faults:
    """The faults of a file, in the order of its lines."""

    def __init__(self) -> None:
        self.count = 0
        self.lines: list[str] = []

    def add(self, line: int, text: str) -> None:
        """Keep that *text* is wrong in a line, or only count it."""
        self.count += 1
        if len(self.lines) < SHOWN:
            self.lines.append(f"line {line}: {text}")

    @property
    def more(self) -> int:
        """How many were only counted."""
        return self.count - len(self.lines)


def shown(text: str) -> str:
    """Return *text* from a file so that it can be shown in a terminal: short, and in quotes."""
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return f"“{short}”" if short.isprintable() else f"“{ascii(short)[1:-1]}”"

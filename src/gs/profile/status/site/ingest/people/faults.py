# SPDX-License-Identifier: MIT
"""What is wrong with the lines of a file: the first ones, and how many there are."""

from bisect import insort
from operator import itemgetter
from typing import Final

#: How many are kept.
SHOWN: Final = 100
_LONGEST: Final = 60


class Faults:
    """The faults of a file, in the order of its lines."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[tuple[int, str]] = []

    def add(self, line: int, text: str) -> None:
        """Keep that *text* is wrong in a line, or only count it."""
        self.count += 1
        insort(self._first, (line, text), key=itemgetter(0))
        del self._first[SHOWN:]

    @property
    def lines(self) -> list[str]:
        """What is wrong, in the order of the lines, as far as it was kept."""
        return [f"line {line}: {text}" for line, text in self._first]

    @property
    def more(self) -> int:
        """How many were only counted."""
        return self.count - len(self._first)


def shown(text: str) -> str:
    """Return *text* from a file so that it can be shown in a terminal: short, and in quotes."""
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return f"“{short}”" if short.isprintable() else f"“{ascii(short)[1:-1]}”"

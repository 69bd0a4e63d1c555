# SPDX-License-Identifier: MIT
"""One figure of the table: what was measured, how it scattered, and what was promised."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Final

#: The unit of a ratio.
TIMES: Final = "\N{MULTIPLICATION SIGN}"


class Better(Enum):
    """Which way a figure is to go."""

    LESS = "at most"
    MORE = "at least"


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of what was measured, with its extremes; ``None`` where it could not be had.

    In its *name*, Markdown's backticks are about what is typed. The manual has those that are
    *told*.
    *bound* is what it has to keep, *aim* what is hoped for; without them it is for information.
    """

    name: str
    value: float | None
    unit: str = ""
    better: Better = Better.LESS
    bound: float | None = None
    aim: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""
    told: bool = True

    @property
    def met(self) -> bool | None:
        """Whether it keeps its bound, ``None`` where it has none or was not measured."""
        if self.bound is None or self.value is None:
            return None
        kept = self.value < self.bound, self.value >= self.bound
        return kept[self.better is Better.MORE]

    @property
    def plain_name(self) -> str:
        """Its name, for where no Markdown is read."""
        return self.name.replace("`", "")

    def as_json(self) -> dict[str, object]:
        """Return it as what JSON can hold."""
        return {
            **asdict(self),
            "name": self.plain_name,
            "better": self.better.value,
            "met": self.met,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """What a part measured: its figures, and all that they are made of."""

    figures: Sequence[Figure]
    samples: Mapping[str, object] = field(default_factory=dict)


def median_of(  # noqa: PLR0913 - a row of the table has so many columns
    name: str,
    samples: Sequence[float],
    unit: str = "",
    *,
    better: Better = Better.LESS,
    bound: float | None = None,
    aim: float | None = None,
    note: str = "",
) -> Figure:
    """Return the figure that *samples* make, one of each round; a missing one of none."""
    if not samples:
        return Figure(name, None, unit, better, bound, aim, note=note)
    middle = statistics.median(samples)
    low, high = (min(samples), max(samples)) if len(samples) > 1 else (None, None)
    return Figure(name, middle, unit, better, bound, aim, low, high, note)

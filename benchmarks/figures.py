# SPDX-License-Identifier: MIT
"""One figure of the table: the measurement, its spread, and its bound."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Final

#: The unit of a ratio.
TIMES: Final = "\N{MULTIPLICATION SIGN}"


class Better(Enum):
    """Whether lower or higher is better."""

    LESS = "at most"
    MORE = "at least"


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of the samples with the extremes; ``None`` if not measured.

    The *name* is Markdown. The manual contains the figure if *in_manual* is true.
    A release has to keep the *bound*; the *aim* is a goal. Without both, the figure is for
    information.
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
    in_manual: bool = True

    @property
    def met(self) -> bool | None:
        """Whether it keeps its bound; ``None`` without a bound or a measurement."""
        if self.bound is None or self.value is None:
            return None
        kept = self.value < self.bound, self.value >= self.bound
        return kept[self.better is Better.MORE]

    @property
    def plain_name(self) -> str:
        """The name without Markdown."""
        return self.name.replace("`", "")

    def as_json(self) -> dict[str, object]:
        """Return the figure for JSON."""
        return {
            **asdict(self),
            "name": self.plain_name,
            "better": self.better.value,
            "met": self.met,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a part: its figures and their samples."""

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
    """Return the figure of *samples*, one per round; without samples, an empty figure."""
    if not samples:
        return Figure(name, None, unit, better, bound, aim, note=note)
    middle = statistics.median(samples)
    low, high = (min(samples), max(samples)) if len(samples) > 1 else (None, None)
    return Figure(name, middle, unit, better, bound, aim, low, high, note)

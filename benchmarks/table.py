# SPDX-License-Identifier: MIT
"""The figures as a table, for a terminal and for the manual."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from benchmarks.figures import Better, Figure

_HEADS: Final = ("figure", "measured", "from … to", "promised", "aim", "kept", "")

# From this value on, a number has no decimals.
_LARGE: Final = 1_000
_MIDDLING: Final = 20


def as_text(figures: Sequence[Figure]) -> str:
    """Return *figures* as aligned columns."""
    rows = [_HEADS, *((figure.plain_name, *_cells(figure)) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def as_markdown(figures: Sequence[Figure]) -> str:
    """Return *figures* as a Markdown table."""
    rows = [_HEADS, ("---",) * len(_HEADS)]
    for figure in figures:
        *numbers, note = _cells(figure)
        unbroken = (number.replace(" ", "\N{NO-BREAK SPACE}") for number in numbers)
        rows.append((figure.name, *unbroken, note))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def broken_bounds(figures: Iterable[Figure]) -> Iterator[str]:
    """Yield a line for each of *figures* that was not measured or breaks its bound."""
    for figure in figures:
        if figure.value is None:
            yield f"NOT MEASURED: {figure.plain_name}"
        elif figure.met is False:
            yield f"NOT KEPT: {figure.plain_name}"


def _cells(figure: Figure) -> tuple[str, ...]:
    spread = ""
    if figure.low is not None and figure.high is not None:
        spread = f"{_number(figure.low)} … {_number(figure.high)}"
    kept = {True: "yes", False: "NO", None: ""}[figure.met]
    return (
        _measured(figure),
        spread,
        _limit(figure, figure.bound),
        _limit(figure, figure.aim),
        kept,
        figure.note,
    )


def _measured(figure: Figure) -> str:
    return "\N{EN DASH}" if figure.value is None else f"{_number(figure.value)} {figure.unit}"


def _limit(figure: Figure, limit: float | None) -> str:
    if limit is None:
        return ""
    return f"{'≥' if figure.better is Better.MORE else '<'} {limit:g} {figure.unit}"


def _number(value: float) -> str:
    if abs(value) >= _LARGE:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= _MIDDLING else f"{value:.2f}"

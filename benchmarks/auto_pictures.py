# SPDX-License-Identifier: MIT
"""The pictures of ``-j auto``: calls in flight over time, and the latency of a page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from benchmarks import style
from benchmarks.auto_trials import Series, Trial
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Found = Mapping[str, tuple[Trial, Series]]

_RED: Final = "#cf222e"
_SHADE: Final = "#eaeef2"

_STYLE: Final[dict[Any, Any]] = {
    **style.STYLE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}
_WIDTH: Final = 8.5


def draw(found: Found, folder: Path) -> None:
    """Draw all of them as SVG in *folder*."""
    with mpl.rc_context(_STYLE):
        _save(_finding(found), folder / "auto-settles.svg")
        _save(_following(found), folder / "auto-follows.svg")
        _save(_refused(found), folder / "auto-refused.svg")
        _save(_pages(found), folder / "auto-pages.svg")


def _save(figure: Figure, place: Path) -> None:
    figure.savefig(place, metadata={"Date": None}, facecolor="white")


def _finding(found: Found) -> Figure:
    figure = Figure(figsize=(_WIDTH, 2.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, name, workers in ((left, "one", 1), (right, "sixteen", 16)):
        _in_flight(axes, *found[name])
        _line(axes, workers, f"{workers} worker{'s' * (workers > 1)}")
        axes.set_xlabel("seconds")
    left.set_ylim(0, 4)
    left.set_yticks(range(5))
    right.set_ylim(0, 40)
    left.set_ylabel("calls in flight")
    return figure


def _following(found: Found) -> Figure:
    figure = Figure(figsize=(_WIDTH, 4.6), layout="constrained")
    grid = figure.subplots(2, 2, sharex=True)
    output = {"slow": "each call takes 0.5 s, not 0.05", "fewer": "2 workers, not 16"}
    for column, (name, words) in enumerate(output.items()):
        trial, series = found[name]
        above, below = grid[0][column], grid[1][column]
        _in_flight(above, trial, series)
        _throughput(below, trial, series)
        for axes in (above, below):
            axes.axvspan(trial.changes[0][0], trial.changes[1][0], color=_SHADE, zorder=0)
            axes.margins(x=0)
        above.set_title(words, fontsize=10, loc="left")
        above.set_ylim(0, 36)
        below.set_ylim(0, 360)
        below.set_xlabel("seconds")
    grid[0][0].set_ylabel("calls in flight")
    grid[1][0].set_ylabel("answers a second")
    return figure


def _refused(found: Found) -> Figure:
    figure = Figure(figsize=(_WIDTH, 2.8), layout="constrained")
    axes = figure.subplots()
    trial, series = found["refused"]
    _in_flight(axes, trial, series)
    _line(axes, trial.most, f"refuses above {trial.most}")
    marks = [trial.most + 1.5] * len(series.refused)
    axes.plot(series.refused, marks, "x", color=_RED, markersize=5, label="refusals")
    axes.set_ylim(0, 12)
    axes.set_xlabel("seconds")
    axes.set_ylabel("calls in flight")
    axes.legend(loc="lower right")
    return figure


def _pages(found: Found) -> Figure:
    figure = Figure(figsize=(_WIDTH, 3.0), layout="constrained")
    colours = {"idle": style.OTHERS, "1": "#57ab5a", "auto": style.OURS, "64": _RED}
    panels = figure.subplots(1, 2, sharey=True)
    for axes, workers in zip(panels, (1, 16), strict=True):
        for place, (name, colour) in enumerate(colours.items()):
            waits = sorted(found[f"{workers} workers, {name}"][1].waits(5.0))
            spread = [place + 0.5 * (index / len(waits) - 0.5) for index in range(len(waits))]
            axes.plot(spread, [wait * 1000 for wait in waits], ".", color=colour, markersize=5)
            mean = 1000 * sum(waits) / len(waits)
            axes.hlines(mean, place - 0.35, place + 0.35, color=colour)
            above = (place, max(waits) * 1000)
            axes.annotate(f"{mean:.0f} ms", above, (0, 5), textcoords="offset points", ha="center")
        axes.set_yscale("log")
        axes.set_ylim(30, 6000)
        axes.set_yticks([50, 100, 1000, 5000], ["50", "100", "1000", "5000"])
        axes.set_xlim(-0.5, 3.5)
        labels = [name if name == "idle" else f"-j {name}" for name in colours]
        axes.set_xticks(range(len(colours)), labels)
        axes.set_title(f"{workers} worker{'s' * (workers > 1)}", fontsize=10, loc="left")
    panels[0].set_ylabel("a page takes, in ms")
    return figure


def _in_flight(axes: Axes, trial: Trial, series: Series) -> None:
    points = series.levels(trial.seconds)
    axes.step(
        [at for at, _ in points], [mean for _, mean in points], color=style.OURS, where="post"
    )
    axes.set_xlim(0, trial.seconds)


def _throughput(axes: Axes, trial: Trial, series: Series) -> None:
    starts = [index / 2 for index in range(int(trial.seconds * 2))]
    axes.step(
        starts, [series.rate(at, at + 0.5) for at in starts], color=style.OTHERS, where="post"
    )


def _line(axes: Axes, level: float, words: str) -> None:
    axes.axhline(level, color=style.OTHERS, linewidth=1, linestyle="--")
    place = (axes.get_xlim()[1], level)
    axes.annotate(words, place, (0, 4), textcoords="offset points", ha="right", color="#57606a")

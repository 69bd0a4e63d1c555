# SPDX-License-Identifier: MIT
"""The pictures of the contenders and of a long run."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from benchmarks import style
from benchmarks.contenders import OURS
from benchmarks.resources import ResourceSample
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Samples = Mapping[str, Sequence[Mapping[str, float]]]


def draw_contenders(samples: Samples, place: Path) -> None:
    """Draw the medians of the *samples*, the fastest at the top, as SVG at *place*."""
    found = {
        name: (_median(rounds, "rate"), _median(rounds, "cpu"))
        for name, rounds in samples.items()
        if rounds
    }
    names = sorted(found, key=lambda name: found[name][0])
    with mpl.rc_context(style.STYLE):
        figure = Figure(figsize=(9.5, 0.42 * len(names) + 1.1), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        _dots(left, names, [found[name][0] for name in names], "members a second")
        _dots(right, names, [found[name][1] for name in names], "µs of CPU a member")
        save(figure, place)


def draw_soak(seen: Sequence[ResourceSample], place: Path) -> None:
    """Draw the *seen* samples of a long run as SVG at *place*."""
    seconds = [sample.seconds for sample in seen]
    with mpl.rc_context(style.STYLE):
        figure = Figure(figsize=(9.5, 3.2), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True)
        above.plot(seconds, [sample.memory for sample in seen], color=style.OURS)
        above.set_ylabel("MiB resident")
        below.plot(seconds, [one.files for one in seen], color=style.OURS, label="open files")
        connections = [sample.connections for sample in seen]
        below.plot(seconds, connections, color=style.OTHERS, label="connections")
        below.legend(loc="lower right", frameon=False)
        below.set_xlabel("seconds")
        for axes in (above, below):
            axes.set_ylim(bottom=0)
            axes.spines[["top", "right"]].set_visible(False)
        save(figure, place)


def save(figure: Figure, place: Path) -> None:
    """Write *figure* to *place* as SVG without a date."""
    place.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(place, format="svg", metadata={"Date": None})


def _dots(axes: Axes, names: Sequence[str], values: Sequence[float], label: str) -> None:
    for name, value in zip(names, values, strict=True):
        colour = style.OURS if name == OURS else style.OTHERS
        axes.plot([value], [name], marker="o", markersize=9, color=colour)
        axes.annotate(_number(value), (value, name), (9, -4), textcoords="offset points")
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 2, max(values) * 6)
    axes.set_xlabel(f"{label} (logarithmic)")
    axes.grid(color="#d8dee4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _median(rounds: Sequence[Mapping[str, float]], what: str) -> float:
    return statistics.median(sample[what] for sample in rounds)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"  # noqa: PLR2004 - two digits at least

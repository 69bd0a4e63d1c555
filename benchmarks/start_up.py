# SPDX-License-Identifier: MIT
"""The cost of the start of the command, compared with an empty Python program."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from benchmarks.figures import TIMES, Figure, Result, median_of
from benchmarks.process_cost import cost
from benchmarks.sender import PROGRAM
from benchmarks.workbench import Workbench

_BARE: Final = "python -c pass"
_HELP: Final = "sendprofile --help"
_IMPORTS: Final = ("argparse", "ijson", "pycurl", "rich.console", "ssl")

# A site that cannot be reached.
_TEMPORARY_FAILURE: Final = 75


def measure(bench: Workbench) -> Result:
    """Measure the CPU time of whole processes, each kind in turn in every round."""
    commands = _commands(bench)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(bench.sizes.starts):
        for name, argv in commands.items():
            done = cost(argv, bench.cores.client, codes=(0, _TEMPORARY_FAILURE))
            times[name].append(done.cpu)
    bare = statistics.median(times[_BARE])
    figures = [_figure(name, times[name], bare) for name in list(commands)[1:]]
    return Result(figures, {"cpu_seconds": times})


def _figure(name: str, seconds: Sequence[float], bare: float) -> Figure:
    figure = median_of(
        f"CPU of `{name}`, as a multiple of `{_BARE}`",
        [each / bare for each in seconds],
        TIMES,
        bound=2.5 if name == _HELP else None,
        note=f"{statistics.median(seconds) * 1000:.1f} ms",
    )
    # The cost of imports is for developers, not for the manual.
    return replace(figure, in_manual=not name.startswith("python"))


def _commands(bench: Workbench) -> dict[str, list[str]]:
    python, sender = [sys.executable, "-c"], bench.sender
    lost = sender.command("http://127.0.0.1:9", sender.new_ledger(), "--patience", "0")
    return {
        _BARE: [*python, "pass"],
        _HELP: [str(PROGRAM), "--help"],
        "sendprofile --version": [str(PROGRAM), "--version"],
        "a run that finds no site": lost,
        **{f"python -c 'import {name}'": [*python, f"import {name}"] for name in _IMPORTS},
    }

# SPDX-License-Identifier: MIT
"""The growth of time and memory with the number of members."""

import statistics
from typing import Final

from benchmarks.contenders import ours
from benchmarks.figures import TIMES, Figure, Result
from benchmarks.process_cost import Cost, cost
from benchmarks.workbench import Workbench

#: The number of members that memory is compared with.
THOUSAND: Final = 1_000


def measure(bench: Workbench) -> Result:
    """Measure a few members, and many between two runs of a tenth of them."""
    small, large = bench.sizes.small, bench.sizes.large
    few = _run(bench, THOUSAND)
    before, many, after = (_run(bench, members) for members in (small, large, small))
    tenth = statistics.mean([before.seconds, after.seconds])
    times = [many.seconds / run.seconds for run in (before, after)]
    cpu = many.cpu / statistics.mean([before.cpu, after.cpu])
    figures = [
        memory_figure(large, many.peak, few.peak),
        Figure(
            f"time for {large:,} members, as a multiple of that for {small:,}",
            many.seconds / tenth,
            TIMES,
            bound=10.5,
            low=min(times),
            high=max(times),
            note=f"CPU: {cpu:.2f} {TIMES}; {large / many.seconds:,.0f} members/s",
        ),
    ]
    runs = {"few": few, "small": before, "large": many, "small_again": after}
    return Result(figures, {name: _as_json(run) for name, run in runs.items()})


def memory_figure(members: int, peak: int, few: int) -> Figure:
    """Return the figure of *peak* KiB with *members* above those with a *few*."""
    if not peak or not few:
        return Figure(f"memory of {members:,} members", None, "MiB", bound=32, note="not known")
    return Figure(
        f"peak memory with {members:,} members, above {THOUSAND:,}",
        (peak - few) / 1024,
        "MiB",
        bound=32,
        note=f"{few / 1024:.1f} → {peak / 1024:.1f} MiB",
    )


def _run(bench: Workbench, members: int) -> Cost:
    return cost(ours(bench, bench.nginx.http, members).command(), bench.cores.client)


def _as_json(run: Cost) -> dict[str, float]:
    return {"seconds": run.seconds, "cpu_seconds": run.cpu, "peak_kib": run.peak}

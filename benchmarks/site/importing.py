# SPDX-License-Identifier: MIT
"""The cost of importing archives."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure
from benchmarks.process_cost import Cost, cost
from benchmarks.site.archives import Archives
from benchmarks.site.process import PROGRAM
from benchmarks.workbench import Workbench

_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Imported:
    """A site with imported *archives*, and the cost of the import."""

    folder: Path
    archives: Archives
    cost: Cost


def imported(bench: Workbench, archives: Archives, name: str) -> Imported:
    """Create a site with *archives*, whose senders are its members."""
    folder = bench.folder / name
    shutil.rmtree(folder, ignore_errors=True)
    argv = [str(PROGRAM), "import-mbox", "--folder", str(folder), str(archives.folder)]
    return Imported(folder, archives, cost(argv, bench.cores.server))


def figures(few: Imported, many: Imported) -> list[Figure]:
    """Return the figures of the imports of *few* and *many* archives."""
    grown = many.archives.megabytes / few.archives.megabytes
    return [_seconds(few, _SECONDS), _seconds(many, None), _memory(few, many, grown)]


def as_json(one: Imported) -> dict[str, object]:
    """Return the samples for JSON."""
    return {
        "archives": one.archives.name,
        "megabytes": one.archives.megabytes,
        "seconds": one.cost.seconds,
        "cpu_seconds": one.cost.cpu,
        "peak_kib": one.cost.peak,
    }


def _seconds(one: Imported, bound: float | None) -> Figure:
    return Figure(
        f"`import-mbox` of {one.archives.name}, {one.archives.megabytes:.1f} MB",
        one.cost.seconds,
        "s",
        bound=bound,
        note=f"CPU: {one.cost.cpu:.2f} s",
    )


def _memory(few: Imported, many: Imported, grown: float) -> Figure:
    known = few.cost.peak and many.cost.peak
    return Figure(
        f"`import-mbox`: peak memory with {grown:.0f} times the archives, above that with them",
        (many.cost.peak - few.cost.peak) / 1024 if known else None,
        "MiB",
        note=f"{few.cost.peak / 1024:.1f} → {many.cost.peak / 1024:.1f} MiB" if known else "",
    )

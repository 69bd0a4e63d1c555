# SPDX-License-Identifier: MIT
"""Sends to a million members, and fails if memory, open files or connections grow.

``python -m benchmarks.soak [--members N]``
"""

import argparse
import json
import signal
import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure
from benchmarks.machine import Cores, describe
from benchmarks.manual import PICTURES
from benchmarks.process_cost import start
from benchmarks.resources import ResourceSample, watch
from benchmarks.sizes import FULL
from benchmarks.workbench import Workbench

_OUT: Final = Path("build/bench").absolute()
_MILLION: Final = 1_000_000
_EVERY: Final = 1.0

# How much the median of the last quarter may exceed that of the second. Memory: the spread of
# the allocator; a leak of 10 bytes per member shows as 5 MiB. Descriptors: two, for a file that
# SQLite has open during a checkpoint. Connections: none above those in flight.
_MAY_GROW: Final = {"memory": 2.0, "files": 2.0, "sockets": 1.0, "connections": 1.0}
_UNITS: Final = {"memory": "MiB"}

# Each quarter needs some samples.
_FEWEST: Final = 12


def main(argv: Sequence[str]) -> int:
    """Run, judge, write and draw; return the exit code."""
    # With an exception, so that nginx is stopped too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--members", type=int, default=_MILLION)
    members: int = parser.parse_args(argv).members
    _OUT.mkdir(parents=True, exist_ok=True)
    seen = _run(members)
    if len(seen) < _FEWEST:
        sys.exit(f"The run took only {len(seen)} s: increase --members.")
    figures = growth(seen)
    _write(members, seen, figures)
    for figure in figures:
        print(f"{figure.name}: {figure.note}: {'flat' if figure.met else 'IT GROWS'}")
    return 0 if all(figure.met for figure in figures) else 1


def growth(seen: Sequence[ResourceSample]) -> list[Figure]:
    """Return how much the last quarter of *seen* exceeds the second, for each resource."""
    quarter = len(seen) // 4
    figures = []
    for name, bound in _MAY_GROW.items():
        values = [float(getattr(sample, name)) for sample in seen]
        second = statistics.median(values[quarter : 2 * quarter])
        last = statistics.median(values[-quarter:])
        note = f"{second:.1f} → {last:.1f}"
        # The bound itself is excluded.
        figures.append(
            Figure(name, last - second, _UNITS.get(name, ""), bound=bound + 0.01, note=note)
        )
    return figures


def _run(members: int) -> list[ResourceSample]:
    cores = Cores.of_machine()
    with ExitStack() as closing:
        bench = Workbench(_OUT, FULL, cores, closing)
        site = bench.site(bench.nginx.http, members)
        command = bench.sender.command(site, bench.sender.new_ledger(), "-j", "64")
        started = start(command, cores.client)
        seen = watch(started.pid, bench.nginx.connections, _EVERY)
        cost = started.finish()
    each = cost.cpu / members * 1e6
    print(f"{members:,} members in {cost.seconds:.0f} s, {each:.0f} µs of CPU each")
    return seen


def _write(members: int, seen: Sequence[ResourceSample], figures: Sequence[Figure]) -> None:
    from benchmarks.pictures import draw_soak  # noqa: PLC0415 - not before all is measured

    output = {
        "machine": describe(_OUT, Cores.of_machine()),
        "members": members,
        "figures": [figure.as_json() for figure in figures],
        "seen": [asdict(sample) for sample in seen],
    }
    (_OUT / "soak.json").write_text(json.dumps(output, indent=2) + "\n", "utf-8")
    folder = PICTURES if members >= _MILLION else _OUT
    draw_soak(seen, folder / "bench-soak.svg")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

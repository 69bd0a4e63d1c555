# SPDX-License-Identifier: MIT
"""The cost of a very long list of members."""

import time
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure, Result
from benchmarks.member_lists import ids
from benchmarks.process_cost import FailedError, cpu_until_now
from benchmarks.site.members import add_many
from benchmarks.site.memory import forget_peak, peak
from benchmarks.site.process import copied, mail_server, running
from benchmarks.workbench import Workbench

_MIB: Final = 32


def measure(bench: Workbench, imported: Path) -> Result:
    """Measure one answer of the members hook, with memory above that of the idle process."""
    count = bench.sizes.listed
    folder = copied(imported, bench.folder / "site-running")
    add_many(folder, count)
    with mail_server(bench) as (port, _), running(bench, folder, port) as site:
        site.warm_up()
        idle, cpu, began = forget_peak(site.pid), cpu_until_now(site.pid), time.perf_counter()
        octets = site.list_members()
        seconds, cpu = time.perf_counter() - began, cpu_until_now(site.pid) - cpu
        most = peak(site.pid)
    # Each ID with quotes, a comma and a space, except after the last; and the brackets.
    expected = count * (len(next(ids(1))) + len('"", ')) - len(", ") + len("[]")
    if octets != expected:
        raise FailedError(f"the list has {octets} octets in place of {expected}")
    figures = [
        Figure(
            f"members hook, {count:,} members: peak memory of the site above idle",
            most - idle,
            "MiB",
            bound=_MIB,
            note=f"{idle:.1f} → {most:.1f} MiB",
        ),
        Figure(
            f"members hook, {count:,} members: the whole answer",
            seconds,
            "s",
            note=f"CPU of the site: {cpu:.2f} s; {octets / 1e6:.0f} MB",
        ),
    ]
    return Result(figures, {"idle_mib": idle, "peak_mib": most, "seconds": seconds, "cpu": cpu})

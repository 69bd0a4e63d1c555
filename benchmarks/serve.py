# SPDX-License-Identifier: MIT
"""Runs nginx for a profiler, and prints the command to profile (argument: number of members)."""

import shlex
import signal
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from benchmarks.contenders import ours
from benchmarks.machine import Cores
from benchmarks.sizes import FULL
from benchmarks.workbench import Workbench

_OUT: Final = Path("build/bench").absolute()


def main() -> None:
    """Serve until Control-C."""
    members = int(sys.argv[1]) if len(sys.argv) > 1 else FULL.members
    _OUT.mkdir(parents=True, exist_ok=True)
    cores = Cores.of_machine()
    with ExitStack() as closing:
        bench = Workbench(_OUT, FULL, cores, closing)
        command = ours(bench, bench.nginx.http, members).command()
        print(f"taskset -c {cores.client} {shlex.join(command)}", flush=True)
        print("To repeat the run, remove its ledger or add --again.", flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: MIT
"""What the command costs before it does anything, beside a Python that does nothing.

CPU time of whole processes, of the user and the system, the median of many; each thing that is
measured takes its turn in every round, so that a busy neighbour disturbs all alike.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROUNDS = 15
OUT = Path("build/bench")
MODULE = [str(Path(sys.executable).with_name("sendprofile"))]
IMPORTS = ["argparse", "ijson", "pycurl", "rich.console", "ssl"]

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "sendprofile --help": [*MODULE, "--help"],
    "sendprofile --version": [*MODULE, "--version"],
    "a run that finds no site": [
        *MODULE,
        *("-c", str(OUT / "gsconfig.ini"), "--ledger", str(OUT / "ledger.sqlite3")),
        *("--patience", "0", "http://127.0.0.1:9"),
    ],
    **{f"python -c 'import {name}'": ["-c", f"import {name}"] for name in IMPORTS},
}


def cpu_seconds(argv: list[str]) -> float:
    """Return the CPU time that one process of Python with *argv* takes."""
    process = subprocess.Popen(
        [sys.executable, *argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure, print a table and write it as JSON."""
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "gsconfig.ini").write_text(
        "[config-default]\nwebservice = default\n[webservice-default]\ntoken = none\n"
    )
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, argv in COMMANDS.items():
            times[name].append(cpu_seconds(argv))
    medians = {name: statistics.median(values) for name, values in times.items()}
    bare = medians["python -c pass"]
    print(f"{'CPU at start-up':<36}{'ms':>8}{'x bare Python':>16}")
    for name, seconds in medians.items():
        print(f"{name:<36}{seconds * 1000:>8.1f}{seconds / bare:>16.2f}")
    rows = {name: {"cpu_ms": s * 1000, "ratio": s / bare} for name, s in medians.items()}
    (OUT / "start_up.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()

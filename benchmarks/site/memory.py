# SPDX-License-Identifier: MIT
"""The memory of a process at its highest, from a moment on that we choose: see proc(5)."""

from pathlib import Path

from benchmarks.process_cost import FailedError


def forget_peak(pid: int) -> float:
    """Let the peak be what is resident now, and return that in MiB."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")
    return peak(pid)


def peak(pid: int) -> float:
    """Return the most that was resident since then, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise FailedError("the site has ended")

# SPDX-License-Identifier: MIT
"""The peak memory of a process from a chosen moment on: see proc(5)."""

from pathlib import Path

from benchmarks.process_cost import FailedError


def forget_peak(pid: int) -> float:
    """Reset the peak to the resident size; return it in MiB."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")
    return peak(pid)


def peak(pid: int) -> float:
    """Return the peak since the reset in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise FailedError("the site has ended")

# SPDX-License-Identifier: MIT
"""What is measured on: cores, disk, and the programs that are there."""

import os
import platform
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PACKAGES: Final = {"xargs": "findutils"}

# Where Debian has nginx, whatever the PATH of a user is.
_MORE_PLACES: Final = "/usr/sbin:/usr/local/sbin"

_SYNCS: Final = 50
_MEMORY: Final = ("tmpfs", "ramfs")


class MissingError(Exception):
    """A program that is needed is not there; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Cores:
    """The core that servers have, and the one that clients have."""

    server: int
    client: int

    @classmethod
    def of_machine(cls) -> "Cores":
        """Return the first and the last core that this process may use."""
        usable = sorted(os.sched_getaffinity(0))
        return cls(usable[0], usable[-1])


def program(name: str) -> Path:
    """Return where the program *name* is; raises :class:`MissingError`."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_MORE_PLACES}")
    if found is None:
        raise MissingError(f"there is no {name}: apt-get install {_PACKAGES.get(name, name)}")
    return Path(found)


def describe(folder: Path, cores: Cores) -> dict[str, object]:
    """Return what the figures depend on, as JSON can hold it."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "server_core": cores.server,
        "client_core": cores.client,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "file_system": file_system(folder),
        "sync_microseconds": round(_sync_seconds(folder) * 1e6),
        "programs": {name: _version(name) for name in ("nginx", "wrk", "curl", "parallel")},
    }


def warnings(folder: Path, cores: Cores) -> list[str]:
    """Return what makes the figures of this machine worth less."""
    told = []
    if cores.server == cores.client:
        told.append("There is one core: servers and clients take it from each other.")
    if file_system(folder) in _MEMORY:
        told.append(f"{folder} is in memory: what the ledger costs on a disk is not measured.")
    return told


def file_system(folder: Path) -> str:
    """Return the type of the file system that *folder* is on, such as ``ext4``."""
    place, found = folder.resolve(), ("", "unknown")
    for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        mount, _, rest = line.partition(" - ")
        point = mount.split()[4]
        if place.is_relative_to(point) and len(point) >= len(found[0]):
            found = point, rest.split()[0]
    return found[1]


def _sync_seconds(folder: Path) -> float:
    seconds = []
    place = folder / "sync"
    with place.open("wb", buffering=0) as file:
        for _ in range(_SYNCS):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            seconds.append(time.perf_counter() - began)
    place.unlink()
    return statistics.median(seconds)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(name: str) -> str | None:
    try:
        argv = [program(name), "-v" if name in {"nginx", "wrk"} else "--version"]
    except MissingError:
        return None
    done = subprocess.run(argv, capture_output=True, check=False, text=True)
    return (done.stdout + done.stderr).splitlines()[0]

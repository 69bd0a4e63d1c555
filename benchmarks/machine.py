# SPDX-License-Identifier: MIT
"""The machine: cores, disk, and installed programs."""

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

# The folders of nginx on Debian, which may be missing in PATH.
_MORE_PLACES: Final = "/usr/sbin:/usr/local/sbin"

_SYNCS: Final = 50
_MEMORY: Final = ("tmpfs", "ramfs")


class MissingError(Exception):
    """A required program is missing; the message says how to install it."""


@dataclass(frozen=True, slots=True)
class Cores:
    """The core of the servers and the core of the clients."""

    server: int
    client: int

    @classmethod
    def of_machine(cls) -> "Cores":
        """Return the first and the last usable core of this process."""
        usable = sorted(os.sched_getaffinity(0))
        return cls(usable[0], usable[-1])


def program(name: str) -> Path:
    """Return the path of the program *name*, or raise :class:`MissingError`."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_MORE_PLACES}")
    if found is None:
        raise MissingError(f"{name} is missing: apt-get install {_PACKAGES.get(name, name)}")
    return Path(found)


def describe(folder: Path, cores: Cores) -> dict[str, object]:
    """Return the properties of the machine that the figures depend on, for JSON."""
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
    """Return warnings about properties that distort the figures."""
    texts = []
    if cores.server == cores.client:
        texts.append("There is only one core: servers and clients share it.")
    if file_system(folder) in _MEMORY:
        texts.append(f"{folder} is in memory: the cost of the ledger is not measured.")
    return texts


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

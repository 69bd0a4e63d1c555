# SPDX-License-Identifier: MIT
"""The rate of one call at a time with a slow site, as a share of the ideal rate."""

import socket
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.figures import Better, Result, median_of
from benchmarks.member_lists import write_list
from benchmarks.process_cost import cost
from benchmarks.sender import TOKEN
from benchmarks.site_server import head, site, wait_until
from benchmarks.workbench import Workbench

# Seconds that the site takes for an answer.
_ANSWER: Final = 0.020

_BARE: Final = Path(__file__).with_name("peers") / "with_a_socket.py"


class SlowSite:
    """Implements :class:`~benchmarks.site_server.Hooks`; records when each request *arrived*."""

    def __init__(self, place: Path) -> None:
        self._list = place.read_bytes()
        self.arrived: list[float] = []

    def list_members(self, connection: socket.socket) -> None:
        """Write the list without delay."""
        connection.sendall(head(len(self._list)) + self._list)

    def send(self, arrived: float) -> None:
        """Take a fixed time."""
        self.arrived.append(arrived)
        wait_until(arrived + _ANSWER)


def measure(bench: Workbench) -> Result:
    """Measure from the first request to the last, as the site sees them arrive."""
    sender, members = bench.sender, bench.sizes.latency
    peer = [sys.executable, str(_BARE)]
    commands: dict[str, Callable[[str], list[str]]] = {
        "bare socket": lambda url: [*peer, url, TOKEN, f"{members}"],
        "bare socket that syncs": lambda url: [*peer, url, TOKEN, f"{members}", str(synced)],
        "sendprofile": lambda url: sender.command(url, sender.new_ledger(), "-j", "1"),
    }
    synced = bench.folder / "synced"
    shares: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(bench.sizes.rounds):
        for name, command in commands.items():
            shares[name].append(_share(bench, command))
    bare, least = (statistics.median(shares[name]) for name in list(commands)[:2])
    figure = median_of(
        f"`-j 1`, {_ANSWER * 1000:.0f} ms an answer: share of the ideal rate",
        shares["sendprofile"],
        "%",
        better=Better.MORE,
        bound=97,
        note=f"a bare socket: {bare:.1f} %, one that syncs a page for each: {least:.1f} %",
    )
    return Result([figure], {"shares": shares})


def _share(bench: Workbench, command: Callable[[str], list[str]]) -> float:
    hooks = SlowSite(write_list(bench.lists, bench.sizes.latency))
    with site(hooks, bench.cores.server) as url:
        cost(command(url), bench.cores.client)
    arrived = hooks.arrived
    return 100 * (len(arrived) - 1) * _ANSWER / (arrived[-1] - arrived[0])

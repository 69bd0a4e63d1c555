# SPDX-License-Identifier: MIT
"""How near one call at a time comes to the ideal rate of a site that takes its time."""

import socket
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.figures import Better, Result, median_of
from benchmarks.lists import write_list
from benchmarks.measuring import cost
from benchmarks.sender import TOKEN
from benchmarks.sites import head, site, wait_until
from benchmarks.workbench import Workbench

# Seconds that the site takes for an answer, to the microsecond.
_ANSWER: Final = 0.020

_BARE: Final = Path(__file__).with_name("peers") / "with_a_socket.py"


class UnhurriedSite:
    """Fulfils :class:`~benchmarks.sites.Hooks`, and keeps when each request *arrived*."""

    def __init__(self, place: Path) -> None:
        self._list = place.read_bytes()
        self.arrived: list[float] = []

    def list_members(self, connection: socket.socket) -> None:
        """Write the list at once."""
        connection.sendall(head(len(self._list)) + self._list)

    def send(self, arrived: float) -> None:
        """Take as long as every time."""
        self.arrived.append(arrived)
        wait_until(arrived + _ANSWER)


def measure(bench: Workbench) -> Result:
    """Measure from the first request to the last, as the site sees them arrive."""
    sender, members = bench.sender, bench.sizes.unhurried
    shares, bare = [], []
    for _ in range(bench.sizes.rounds):
        bare.append(
            _share(bench, lambda url: [sys.executable, str(_BARE), url, TOKEN, f"{members}"])
        )
        shares.append(
            _share(bench, lambda url: sender.command(url, sender.new_ledger(), "-j", "1"))
        )
    figure = median_of(
        f"`-j 1`, {_ANSWER * 1000:.0f} ms an answer: share of the ideal rate",
        shares,
        "%",
        better=Better.MORE,
        bound=97,
        note=f"a bare socket, nothing recorded: {statistics.median(bare):.1f} %",
    )
    return Result([figure], {"shares": shares, "shares_of_a_bare_socket": bare})


def _share(bench: Workbench, command: Callable[[str], list[str]]) -> float:
    hooks = UnhurriedSite(write_list(bench.lists, bench.sizes.unhurried))
    with site(hooks, bench.cores.server) as url:
        cost(command(url), bench.cores.client)
    arrived = hooks.arrived
    return 100 * (len(arrived) - 1) * _ANSWER / (arrived[-1] - arrived[0])

# SPDX-License-Identifier: MIT
"""One trial: a whole run with kills, disruptions and faults, and the broken promises."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from random import Random

from gs.profile.status.send.run.adaptive import MAX_IN_FLIGHT
from limits import LIMIT
from servers.moves import Fault

from .account import Account
from .counting_site import CountingSite
from .disruptor import Disruptor
from .rounds import Rounds
from .sender import Sender, configure
from .target import Target

#: Maximal seconds that a site is stopped.
AWAY = 0.3
#: Maximal seconds of a call, for each call in flight. If the threads of the site were always
#: busy, the kills would come too late.
_SLOWEST = 0.001
_SLOWEST_OF_ONE = 0.005
#: The approximate number of calls in flight with ``-j auto``.
_AUTO = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """The parameters: *members* are mailed with *jobs* in flight, a number or ``auto``.

    The sender is killed *kills* times, the site gets a number of *disruptions*, and *fault_share*
    is the share of calls with a fault.
    """

    members: int
    jobs: str
    kills: int = 0
    disruptions: int = 0
    fault_share: float = 0
    options: tuple[str, ...] = ("--patience", str(LIMIT))

    @property
    def most(self) -> int:
        """The maximal number of calls in flight."""
        return int(self.jobs) if self.jobs.isdecimal() else MAX_IN_FLIGHT

    @property
    def slowest(self) -> float:
        """The maximal seconds of a call."""
        in_flight = int(self.jobs) if self.jobs.isdecimal() else _AUTO
        return max(in_flight * _SLOWEST, _SLOWEST_OF_ONE)


@dataclass(frozen=True, slots=True)
class Result:
    """The *account* of a trial, and the promises that it *broke*, as text.

    The numbers of kills and *disruptions* are those that happened; *faults* are those of the site.
    """

    account: Account
    broke: Sequence[str]
    disruptions: int
    faults: Sequence[Fault] = ()


def counting_site(trial: Trial, folder: Path, chance: Random, *, honours_keys: bool) -> Result:
    """Run a trial of the counting site; its disruptions are stops and cut connections."""
    site = CountingSite(trial.members, honours_keys, chance, trial.slowest, trial.fault_share)

    def stop() -> None:
        site.server.stop()
        time.sleep(chance.uniform(0, AWAY))
        site.server.start()

    with site.server:
        sender = Sender(site.url, configure(folder), folder / "ledger", trial.jobs, trial.options)
        with disrupted(site, trial, (stop, site.server.cut), chance) as disruptor:
            account = Rounds(sender, site, chance).run(trial.kills)
    # A disruption ends all calls in flight, and may end calls that started during it.
    lost = (trial.kills + 2 * disruptor.done) * trial.most + sum(map(_lost_by, site.faults))
    lost = 0 if honours_keys else lost
    return replace(result_of(account, site, trial, lost, disruptor), faults=site.faults)


def _lost_by(fault: Fault) -> int:
    # If the connection ends in the middle of the headers, libcurl takes that for their end and
    # keeps the connection: the next call on it is lost too.
    return 2 if fault.name == "closed in the headers" else 1


@contextmanager
def disrupted(
    site: Target, trial: Trial, ways: Sequence[Callable[[], None]], chance: Random
) -> Iterator[Disruptor]:
    """Run the disruptions of *trial* during the context, each of *ways* in turn."""
    disruptions = [ways[number % len(ways)] for number in range(trial.disruptions)]
    with Disruptor(site, disruptions, chance) as disruptor:
        yield disruptor


def result_of(
    account: Account, site: Target, trial: Trial, lost: int, disruptor: Disruptor
) -> Result:
    """Return the result; at most *lost* members may be unknown."""
    broke = account.broken_promises(site, lost)
    if not (trial.disruptions or trial.fault_share or site.honours_keys):
        ends = [0, *account.open_ends]
        most = max(after - before for before, after in pairwise(ends))
        if most > trial.most:
            broke.append(f"{most} were lost in one kill, with {trial.jobs} in flight")
    return Result(account, broke, disruptor.done)

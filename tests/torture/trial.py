# SPDX-License-Identifier: MIT
"""One trial: a whole run with kills, sabotage and faults, and the promises that it broke."""

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
from .disruptor import Saboteur
from .rounds import Rounds
from .sender import Sender, configure
from .target import Target

#: Seconds that a site is away, at most.
AWAY = 0.3
#: Seconds that a call takes, at most, for each that is in flight: were the threads of the site
#: busy all the time, the one that kills would come too late.
_SLOWEST = 0.001
_SLOWEST_OF_ONE = 0.005
#: In flight with ``-j auto``, about.
_AUTO = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: *members* are mailed with *jobs* in flight, a number or ``auto``.

    The sender is killed so many times, the site is struck with so many *blows*, and a share of
    the calls is *spoilt*.
    """

    members: int
    jobs: str
    kills: int = 0
    blows: int = 0
    spoilt: float = 0
    options: tuple[str, ...] = ("--patience", str(LIMIT))

    @property
    def most(self) -> int:
        """How many may be in flight at once."""
        return int(self.jobs) if self.jobs.isdecimal() else MAX_IN_FLIGHT

    @property
    def slowest(self) -> float:
        """How many seconds a call takes at the most."""
        in_flight = int(self.jobs) if self.jobs.isdecimal() else _AUTO
        return max(in_flight * _SLOWEST, _SLOWEST_OF_ONE)


@dataclass(frozen=True, slots=True)
class Result:
    """The *account* of a trial, and the promises that it *broke*, in words.

    It has so many kills and *blows* as there was time for, and the site's *faults*.
    """

    account: Account
    broke: Sequence[str]
    blows: int
    faults: Sequence[Fault] = ()


def counting_site(trial: Trial, folder: Path, chance: Random, *, honours_keys: bool) -> Result:
    """Try the test's site, which is cut off and stopped where it is to be struck."""
    site = CountingSite(trial.members, honours_keys, chance, trial.slowest, trial.spoilt)

    def stop() -> None:
        site.server.stop()
        time.sleep(chance.uniform(0, AWAY))
        site.server.start()

    with site.server:
        sender = Sender(site.url, configure(folder), folder / "ledger", trial.jobs, trial.options)
        with struck(site, trial, (stop, site.server.cut), chance) as saboteur:
            account = Rounds(sender, site, chance).run(trial.kills)
    # A blow ends all that is in flight, and may end what was begun anew while it fell.
    lost = (trial.kills + 2 * saboteur.dealt) * trial.most + sum(map(_lost_by, site.faults))
    lost = 0 if honours_keys else lost
    return replace(judged(account, site, trial, lost, saboteur), faults=site.faults)


def _lost_by(fault: Fault) -> int:
    # Where the connection ends in the middle of the headers libcurl takes that for their end, and
    # keeps the connection: the next call on it is lost too.
    return 2 if fault.name == "closed in the headers" else 1


@contextmanager
def struck(
    site: Target, trial: Trial, ways: Sequence[Callable[[], None]], chance: Random
) -> Iterator[Saboteur]:
    """Deal the blows of *trial*, in these *ways* by turns, as long as the context lasts."""
    blows = [ways[number % len(ways)] for number in range(trial.blows)]
    with Saboteur(site, blows, chance) as saboteur:
        yield saboteur


def judged(account: Account, site: Target, trial: Trial, lost: int, saboteur: Saboteur) -> Result:
    """Return the result; *lost* is how many may be unknown at the most."""
    broke = account.broken_promises(site, lost)
    if not (trial.blows or trial.spoilt or site.honours_keys):
        ends = [0, *account.open_ends]
        most = max(after - before for before, after in pairwise(ends))
        if most > trial.most:
            broke.append(f"{most} were lost in one kill, with {trial.jobs} in flight")
    return Result(account, broke, saboteur.dealt)

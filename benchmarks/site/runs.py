# SPDX-License-Identifier: MIT
"""What a whole run of sendprofile costs the site, for members who are mailed or skipped."""

import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.process_cost import FailedError, cost, cpu_until_now
from benchmarks.sender import PROGRAM
from benchmarks.site.process import Running, copied, mail_server, running
from benchmarks.workbench import Workbench

#: The options of all runs.
JOBS: Final = ("-j", "16")

# A site that does not do its work is to be noticed soon.
_IMPATIENT: Final = ("--patience", "0", "--timeout", "60")

# Members of a second run, and the exit code of one that --limit stopped.
_SOME: Final = 1_000
_STOPPED: Final = 75

_EVENTS: Final = (
    "SELECT count(*) FROM audit_event"
    " WHERE subsystem = 'gs.profile.status.base' AND event_code = ? AND instance_user_id <> ?"
)
#: The audit's codes of who was mailed, has no verified address, or no activity.
SENT: Final = "1"
NO_ADDRESS: Final = "2"
INACTIVE: Final = "5"


@dataclass(frozen=True, slots=True)
class Community:
    """A site with so many *members*, of whom the audit is to say *event*, each in a run."""

    folder: Path
    members: int
    event: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What one run cost: *cpu* is milliseconds of the site a member, *rate* members a second.

    *known* is the CPU a member of a second run, to some, when the groups' figures are there.
    """

    cpu: float
    known: float
    rate: float


def send(bench: Workbench, community: Community) -> Sample:
    """Send to a copy of *community*, whose process has seen none of its groups."""
    folder = copied(community.folder, bench.folder / "site-running")
    some = min(_SOME, community.members)
    with mail_server(bench) as (port, counts), running(bench, folder, port) as site:
        site.warm_up()
        cpu, seconds = _run(bench, site)
        with closing(sqlite3.connect(folder / "site.sqlite3")) as database, database:
            # Else the same calls would be answered as before.
            database.execute("DELETE FROM idempotency_key")
        known, _ = _run(bench, site, "--limit", str(some))
    _check(folder, community, counts, community.members + some)
    members = community.members
    return Sample(cpu / members * 1e3, known / some * 1e3, members / seconds)


def _run(bench: Workbench, site: Running, *options: str) -> tuple[float, float]:
    # Seconds of the site's CPU, and of the clock.
    before, began = cpu_until_now(site.pid), time.perf_counter()
    where = ["-c", str(site.config), "--ledger", str(bench.sender.new_ledger())]
    run = [*where, "--period", site.period, *JOBS, *_IMPATIENT, *options, site.url]
    cost([str(PROGRAM), *run], bench.cores.client, codes=(0, _STOPPED))
    return cpu_until_now(site.pid) - before, time.perf_counter() - began


def interleaved(bench: Workbench, communities: Sequence[Community]) -> list[tuple[Sample, ...]]:
    """Return samples of all the communities for each round; in a round all have their turn."""
    rounds = []
    for _ in range(bench.sizes.rounds):
        samples = tuple(send(bench, community) for community in communities)
        told = (f"{one.cpu:>8.2f} ({one.known:.2f}) ms{one.rate:>6,.0f}/s" for one in samples)
        print("".join(told), flush=True)
        rounds.append(samples)
    return rounds


def _check(folder: Path, community: Community, counts: Path, runs: int) -> None:
    with closing(sqlite3.connect(folder / "site.sqlite3")) as database:
        (times,) = database.execute(_EVENTS, (community.event, "nobody")).fetchone()
    if times != runs:
        raise FailedError(f"of {runs} calls, {times} have the event {community.event}")
    letters = runs if community.event == SENT else 0
    came = json.loads(counts.read_text("utf-8"))["letters"]
    if came != letters:
        raise FailedError(f"{came} letters came in place of {letters}")

# SPDX-License-Identifier: MIT
"""The cost of a run of sendprofile for the site, with mailed or skipped members."""

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

# A failing site must be noticed soon.
_FAIL_FAST: Final = ("--patience", "0", "--timeout", "60")

# Members of a second run, and the exit code of one that --limit stopped.
_SOME: Final = 1_000
_STOPPED: Final = 75

_EVENTS: Final = (
    "SELECT count(*) FROM audit_event"
    " WHERE subsystem = 'gs.profile.status.base' AND event_code = ? AND instance_user_id <> ?"
)
#: Event codes of the audit trail: sent, no verified address, no activity.
SENT: Final = "1"
NO_ADDRESS: Final = "2"
INACTIVE: Final = "5"


@dataclass(frozen=True, slots=True)
class BenchSite:
    """A site with *members*; a run has to audit *event* for each."""

    folder: Path
    members: int
    event: str


@dataclass(frozen=True, slots=True)
class Sample:
    """The cost of one run: *cpu* is milliseconds of the site per member, *rate* members/second.

    *known* is the CPU per member of a second, smaller run, with cached figures of the groups.
    """

    cpu: float
    known: float
    rate: float


def send(bench: Workbench, bench_site: BenchSite) -> Sample:
    """Send to a copy of *bench_site*, served by a new process without cached groups."""
    folder = copied(bench_site.folder, bench.folder / "site-running")
    some = min(_SOME, bench_site.members)
    with mail_server(bench) as (port, counts), running(bench, folder, port) as site:
        site.warm_up()
        cpu, seconds = _run(bench, site)
        with closing(sqlite3.connect(folder / "site.sqlite3")) as database, database:
            # Otherwise the same calls would get the remembered answers.
            database.execute("DELETE FROM idempotency_key")
        known, _ = _run(bench, site, "--limit", str(some))
    _check(folder, bench_site, counts, bench_site.members + some)
    members = bench_site.members
    return Sample(cpu / members * 1e3, known / some * 1e3, members / seconds)


def _run(bench: Workbench, site: Running, *options: str) -> tuple[float, float]:
    # CPU seconds of the site, and seconds of the clock.
    before, began = cpu_until_now(site.pid), time.perf_counter()
    where = ["-c", str(site.config), "--ledger", str(bench.sender.new_ledger())]
    run = [*where, "--period", site.period, *JOBS, *_FAIL_FAST, *options, site.url]
    cost([str(PROGRAM), *run], bench.cores.client, codes=(0, _STOPPED))
    return cpu_until_now(site.pid) - before, time.perf_counter() - began


def interleaved(bench: Workbench, bench_sites: Sequence[BenchSite]) -> list[tuple[Sample, ...]]:
    """Return the samples of all sites for each round, measured in turn."""
    rounds = []
    for _ in range(bench.sizes.rounds):
        samples = tuple(send(bench, bench_site) for bench_site in bench_sites)
        texts = (f"{one.cpu:>8.2f} ({one.known:.2f}) ms{one.rate:>6,.0f}/s" for one in samples)
        print("".join(texts), flush=True)
        rounds.append(samples)
    return rounds


def _check(folder: Path, bench_site: BenchSite, counts: Path, runs: int) -> None:
    with closing(sqlite3.connect(folder / "site.sqlite3")) as database:
        (times,) = database.execute(_EVENTS, (bench_site.event, "nobody")).fetchone()
    if times != runs:
        raise FailedError(f"of {runs} calls, {times} have the event {bench_site.event}")
    mails = runs if bench_site.event == SENT else 0
    came = json.loads(counts.read_text("utf-8"))["mails"]
    if came != mails:
        raise FailedError(f"{came} letters came in place of {mails}")

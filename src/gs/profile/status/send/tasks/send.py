# SPDX-License-Identifier: MIT
"""The default task: begin or resume a run."""

import random
import resource
import time
from contextlib import closing
from time import monotonic
from typing import Final

from gs.profile.status.send.errors import UsageError
from gs.profile.status.send.errorvals import code_of_run
from gs.profile.status.send.ledger import runs
from gs.profile.status.send.ledger.connection import LedgerConnection, ensure_ledger, open_ledger
from gs.profile.status.send.ledger.lock import run_lock
from gs.profile.status.send.run.campaign import Campaign
from gs.profile.status.send.run.model import Tally
from gs.profile.status.send.run.pace import (
    Backoff,
    ConcurrencyLimit,
    FixedLimit,
    Pace,
    RateLimiter,
)
from gs.profile.status.send.run.ports import Ledger, Reporter
from gs.profile.status.send.run.stop import FailureLimit, Stop, StopRules

from .task import Task, connected, local_now

# Members without a final verdict that the summary names.
_MEMBERS_SHOWN: Final = 5

# Open files that are not connections: the ledger, its lock, and those of the parent process.
_OTHER_FILES: Final = 64


def send(task: Task) -> int:
    """Begin or resume the run, and return the exit code."""
    settings = task.settings
    until = settings.until
    stop = Stop(lambda: until is not None and local_now() >= until)
    if settings.jobs is not None:
        raise_file_limit(settings.jobs)
    # First the lock: a second process must fail at once, and not wait for a ledger in use.
    ensure_ledger(settings.ledger)
    with (
        stop.handling_signals(),
        run_lock(settings.ledger, settings.site.identity, local_now()),
        closing(open_ledger(settings.ledger)) as ledger,
    ):
        ledger.check()
        return _send(task, ledger, stop)


def raise_file_limit(connections: int) -> None:
    """Raise the soft limit of open files to what so many *connections* need.

    Raises :class:`UsageError` if the hard limit is lower: in the middle of a run the ledger could
    not be written.
    """
    needed = connections + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _allows(soft, needed):
        return
    if not _allows(hard, needed):
        raise UsageError(
            f"-j {connections} needs {needed} open files, but the limit is {hard}.\n"
            "Use a lower number, or raise the limit with ulimit -n."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def max_connections() -> int:
    """Return how many connections the hard limit of open files allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if hard == resource.RLIM_INFINITY else max(1, hard - _OTHER_FILES)


def _allows(limit: int, needed: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= needed


def _send(task: Task, ledger: LedgerConnection, stop: Stop) -> int:
    settings = task.settings
    identity, period = settings.site.identity, settings.period
    opened = runs.open_run(ledger, identity, period, time.time, again=settings.again)
    if not opened.resumed:
        _warn_of_incomplete_run(task, ledger)
    with runs.recording_end(ledger, opened, time.time, lambda: stop.cause):
        tally = _run(task, opened, stop)
    _report_problems(task, tally, stop, opened.ledger)
    code = code_of_run(tally, stop.cause)
    if settings.json:
        accounts = runs.accounts(ledger, identity, time.time)
        task.write_json((each for each in accounts if each.run == opened.run), exit_code=code)
    return code


def _run(task: Task, opened: runs.OpenRun, stop: Stop) -> Tally:
    settings = task.settings
    backoff = Backoff(settings.patience, random.random)
    failures = FailureLimit(settings.max_unknown, resumed=opened.resumed)
    rate_limiter = RateLimiter(settings.rate) if settings.rate else None
    with connected(settings, stop, opened.run) as site:
        return Campaign(
            site=site,
            ledger=opened.ledger,
            reporter=_reporter(task, opened),
            pace=Pace(_concurrency(settings.jobs), settings.throttle, backoff, rate_limiter),
            rules=StopRules(stop, failures, backoff, settings.limit),
            token=settings.token,
            clock=monotonic,
            selection=settings.selection,
        ).run()


def _concurrency(jobs: int | None) -> ConcurrencyLimit:
    if jobs is not None:
        return FixedLimit(jobs)
    from gs.profile.status.send.run.adaptive import MAX_IN_FLIGHT, AdaptiveLimit

    maximum = min(MAX_IN_FLIGHT, max_connections())
    raise_file_limit(maximum)
    return AdaptiveLimit(maximum)


def _reporter(task: Task, opened: runs.OpenRun) -> Reporter:
    from gs.profile.status.send.report.reporters import SilentReporter, VerboseReporter, screen_for

    if not task.settings.verbose:
        return SilentReporter(task.stderr)
    # With --json standard output is for the JSON alone.
    output = task.stderr if task.settings.json else task.stdout
    screen = screen_for(output, task.environment)
    if opened.resumed:
        screen.line(f"Resuming the run of {opened.run.period}")
    return VerboseReporter(screen, monotonic)


def _warn_of_incomplete_run(task: Task, ledger: LedgerConnection) -> None:
    settings = task.settings
    incomplete = runs.incomplete_period(ledger, settings.site.identity, settings.period)
    if incomplete:
        task.stderr.line(
            f"The run of {incomplete} is incomplete. To see it, use --status. To resume it, run "
            f"the command with --period {incomplete}."
        )


def _report_problems(task: Task, tally: Tally, stop: Stop, ledger: Ledger) -> None:
    from gs.profile.status.send.report.summary import RunResult, problem_lines

    only = task.settings.selection.only
    result = RunResult(tally, stop.cause, stop.retry_after, ledger.repeatable(only))
    unresolved = list(ledger.unresolved(_MEMBERS_SHOWN, only))
    counted = task.settings.verbose
    for line in problem_lines(result, unresolved, local_now(), counted=counted):
        task.stderr.line(line)

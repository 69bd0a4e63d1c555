# SPDX-License-Identifier: MIT
"""The task of a call that asks for no other: begin or resume a run."""

import random
import resource
import time
from contextlib import closing
from time import monotonic
from typing import Final

from gs.profile.status.send.errors import UsageError
from gs.profile.status.send.errorvals import code_of_run
from gs.profile.status.send.ledger import runs
from gs.profile.status.send.ledger.connection import LedgerFile
from gs.profile.status.send.ledger.file import ensure_ledger, open_ledger
from gs.profile.status.send.ledger.lock import run_lock
from gs.profile.status.send.report.screen import screen_for
from gs.profile.status.send.run.backoff import Backoff
from gs.profile.status.send.run.campaign import Campaign
from gs.profile.status.send.run.model import Tally
from gs.profile.status.send.run.pace import ConcurrencyLimit, FixedLimit, Pace, RateLimiter
from gs.profile.status.send.run.ports import Ledger, Reporter
from gs.profile.status.send.run.stop import FailureLimit, Stop
from gs.profile.status.send.settings.settings import Settings

from .connect import connected
from .task import Task, local_now

# Open files that are not connections: the ledger and its lock, what the caller has left open.
_OTHERS: Final = 64


def raise_file_limit(connections: int) -> None:
    """Raise the soft limit to what so many *connections* need.

    Raises :class:`UsageError` where the hard limit does not allow it: in the middle of a run it
    would be the ledger that cannot be written.
    """
    needed = connections + _OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _allows(soft, needed):
        return
    if not _allows(hard, needed):
        raise UsageError(
            f"-j {connections} needs {needed} open files, and {hard} are allowed: see ulimit -n."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def max_connections() -> int:
    """Return how many connections there is room for, at most."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if hard == resource.RLIM_INFINITY else max(1, hard - _OTHERS)


def _allows(limit: int, needed: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= needed


_TROUBLES_SHOWN: Final = 5


def send(task: Task) -> int:
    """Begin or resume the run, and return the exit code."""
    settings = task.settings
    until = settings.until
    stop = Stop(lambda: until is not None and local_now() >= until)
    if settings.jobs is not None:
        raise_file_limit(settings.jobs)
    # The lock before the file: who has to leave is not to wait for who holds the run.
    ensure_ledger(settings.ledger)
    with (
        stop.listening(),
        run_lock(settings.ledger, settings.site.identity, local_now()),
        closing(open_ledger(settings.ledger)) as file,
    ):
        file.check()
        return _send(task, file, stop)


def _send(task: Task, file: LedgerFile, stop: Stop) -> int:
    settings = task.settings
    identity, period = settings.site.identity, settings.period
    begun = runs.open_run(file, identity, period, time.time, again=settings.again)
    if not begun.resumed:
        _remind(task, file)
    with runs.recording_end(file, begun, time.time, lambda: stop.cause):
        tally = _run(task, begun, stop)
    _tell(task, tally, stop, begun.ledger)
    code = code_of_run(tally, stop.cause)
    if settings.json:
        found = runs.accounts(file, identity, time.time)
        task.tell_json((one for one in found if one.run == begun.run), exit_code=code)
    return code


def _run(task: Task, begun: runs.OpenRun, stop: Stop) -> Tally:
    settings = task.settings
    patience = Backoff(settings.patience, random.random)
    with connected(settings, stop, begun.run) as site:
        return Campaign(
            site=site,
            ledger=begun.ledger,
            reporter=_reporter(task, begun),
            pace=_pace(settings, patience),
            patience=patience,
            stop=stop,
            breaker=FailureLimit(settings.max_unknown, resumed=begun.resumed),
            token=settings.token,
            clock=monotonic,
            choice=settings.choice,
            limit=settings.limit,
        ).run()


def _pace(settings: Settings, patience: Backoff) -> Pace:
    metronome = RateLimiter(settings.rate) if settings.rate else None
    return Pace(_limit(settings.jobs), settings.throttle, patience, metronome)


def _limit(jobs: int | None) -> ConcurrencyLimit:
    if jobs is not None:
        return FixedLimit(jobs)
    from gs.profile.status.send.run.adaptive import MOST, AdaptiveLimit

    most = min(MOST, max_connections())
    raise_file_limit(most)
    return AdaptiveLimit(most)


def _reporter(task: Task, begun: runs.OpenRun) -> Reporter:
    if not task.settings.verbose:
        from gs.profile.status.send.report.reporters import SilentReporter

        return SilentReporter(task.stderr)
    from gs.profile.status.send.report.reporters import VerboseReporter

    # Where standard output is for JSON, what is for people goes elsewhere.
    shown = screen_for(task.stderr if task.settings.json else task.stdout, task.environment)
    if begun.resumed:
        shown.line(f"Resuming the run of {begun.run.period}")
    return VerboseReporter(shown, monotonic)


def _remind(task: Task, file: LedgerFile) -> None:
    settings = task.settings
    left = runs.unfinished_period(file, settings.site.identity, settings.period)
    if left:
        task.stderr.line(
            f"The run of {left} was never finished: not everybody in it is settled. "
            f"See --status; to go on with it, call with --period {left}."
        )


def _tell(task: Task, tally: Tally, stop: Stop, ledger: Ledger) -> None:
    from gs.profile.status.send.report.summary import RunResult, problem_lines

    only = task.settings.choice.only
    ended = RunResult(tally, stop.cause, stop.retry_after, ledger.repeatable(only))
    unsettled = list(ledger.unsettled(_TROUBLES_SHOWN, only))
    counted = task.settings.verbose
    for line in problem_lines(ended, unsettled, local_now(), counted=counted):
        task.stderr.line(line)

# SPDX-License-Identifier: MIT
"""The task of ``--dry-run``: report which members a run would send to."""

import os
import time
from contextlib import closing

from gs.profile.status.send.ledger.connection import open_ledger_read_only
from gs.profile.status.send.ledger.dryrun import DryRun
from gs.profile.status.send.report.dryrun import DryRunReport
from gs.profile.status.send.run.stop import Stop

from .task import Task, connected


def dry_run(task: Task) -> int:
    """Report which members a run would send to, and return the exit code."""
    settings, stop, report = task.settings, Stop(), DryRunReport(task.settings.limit)
    with stop.handling_signals(), closing(open_ledger_read_only(settings.ledger)) as ledger:
        run = DryRun(ledger, settings.site.identity, settings.period, time.time())
        with connected(settings, stop) as site:
            run.store(site.members())
            key_lifetime = site.key_lifetime
        planned = run.planned(settings.selection, key_lifetime, again=settings.again)
        for line in report.lines(planned):
            if settings.verbose and not settings.json:
                task.stdout.line(line)
        removed = run.removed(again=settings.again)
    url, period = str(settings.site), str(settings.period)
    as_json = report.as_json(url, period, removed) if settings.json else None
    task.stdout.line(as_json or report.text(period, removed))
    return os.EX_OK

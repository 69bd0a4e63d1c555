# SPDX-License-Identifier: MIT
"""The task of ``--dry-run``: to say who would be sent to."""

import time
from contextlib import closing

from gs.profile.status.send.errorvals import EX_OK
from gs.profile.status.send.ledger.dryrun import DryRun
from gs.profile.status.send.ledger.file import open_ledger_read_only
from gs.profile.status.send.report.dryrun import DryRunReport
from gs.profile.status.send.run.stop import Stop

from .connect import connected
from .task import Task


def dry_run(task: Task) -> int:
    """Say who would be sent to, and return the exit code."""
    settings, stop, count = task.settings, Stop(), DryRunReport(task.settings.limit)
    with stop.listening(), closing(open_ledger_read_only(settings.ledger)) as file:
        rehearsal = DryRun(file, settings.site.identity, settings.period, time.time())
        with connected(settings, stop) as site:
            rehearsal.read(site.members())
            lifetime = site.key_lifetime
        found = rehearsal.prospects(settings.choice, lifetime, again=settings.again)
        for line in count.lines(found):
            if settings.verbose and not settings.json:
                task.stdout.line(line)
        left = rehearsal.left(again=settings.again)
    url, period = str(settings.site), str(settings.period)
    told = count.as_json(url, period, left) if settings.json else count.text(period, left)
    task.stdout.line(told)
    return EX_OK

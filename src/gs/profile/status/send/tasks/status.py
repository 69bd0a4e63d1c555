# SPDX-License-Identifier: MIT
"""The task of ``--status``: show the runs of a site in the ledger."""

import os
import time
from contextlib import closing

from gs.profile.status.send.ledger import runs
from gs.profile.status.send.ledger.connection import open_ledger_read_only
from gs.profile.status.send.report.status import status_lines

from .task import Task


def show_status(task: Task) -> int:
    """Show the runs, and return the exit code."""
    settings = task.settings
    with closing(open_ledger_read_only(settings.ledger)) as ledger, ledger.snapshot():
        accounts = runs.accounts(ledger, settings.site.identity, time.time)
        if settings.json:
            task.write_json(accounts)
        else:
            for line in status_lines(accounts, str(settings.site), str(settings.ledger)):
                task.stdout.line(line)
    return os.EX_OK

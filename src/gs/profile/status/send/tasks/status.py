# SPDX-License-Identifier: MIT
"""The task of ``--status``: to show what is recorded of a site."""

import time
from contextlib import closing

from gs.profile.status.send.errorvals import EX_OK
from gs.profile.status.send.ledger import runs
from gs.profile.status.send.ledger.file import open_ledger_read_only
from gs.profile.status.send.report.status import status_lines

from .task import Task


def show_status(task: Task) -> int:
    """Show what is recorded, and return the exit code."""
    settings = task.settings
    with closing(open_ledger_read_only(settings.ledger)) as file, file.snapshot():
        found = runs.accounts(file, settings.site.identity, time.time)
        if settings.json:
            task.tell_json(found)
        else:
            for line in status_lines(found, str(settings.site), str(settings.ledger)):
                task.stdout.line(line)
    return EX_OK

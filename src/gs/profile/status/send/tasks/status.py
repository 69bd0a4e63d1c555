# SPDX-License-Identifier: MIT
"""The task of ``--status``: to show what is recorded of a site."""

import time
from contextlib import closing

from gs.profile.status.send.errorvals import EX_OK
from gs.profile.status.send.ledger import runs
from gs.profile.status.send.ledger.file import read_ledger
from gs.profile.status.send.report.status import status

from .task import Task


def show(task: Task) -> int:
    """Show what is recorded, and return the exit code."""
    settings = task.settings
    with closing(read_ledger(settings.ledger)) as file, file.snapshot():
        found = runs.accounts(file, settings.site.identity, time.time)
        if settings.json:
            task.tell_json(found)
        else:
            for line in status(found, str(settings.site), str(settings.ledger)):
                task.stdout.line(line)
    return EX_OK

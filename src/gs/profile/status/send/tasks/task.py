# SPDX-License-Identifier: MIT
"""What every task has at hand: its settings, its environment, where to say what came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gs.profile.status.send.report.output import Output
from gs.profile.status.send.run.ports import Account
from gs.profile.status.send.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class Task:
    """What to do, as *settings* say."""

    settings: Settings
    environment: Mapping[str, str]
    stdout: Output
    stderr: Output

    def tell_json(self, accounts: Iterable[Account], **more: object) -> None:
        """Give the *accounts* as JSON, and *more* beside them."""
        from gs.profile.status.send.report.status import as_json

        settings = self.settings
        text = as_json(accounts, str(settings.site), str(settings.ledger), **more)
        self.stdout.line(text)


def local_now() -> datetime:
    """Return the time where this machine is."""
    return datetime.now().astimezone()

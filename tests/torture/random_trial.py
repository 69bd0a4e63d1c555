# SPDX-License-Identifier: MIT
"""Our own site as chance has it: which database, where its mail goes, what is killed."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

from servers.postgres import postgres

from .mail_server import TROUBLE
from .real_trial import Ours, real_site
from .trial import Result, Trial

_AT_MOST: Final = 300
_JOBS: Final = ("1", "16", "auto")
#: Where mail goes to a server, a repeat of what is in doubt waits in vain.
_SOON: Final = ("--patience", "2")


def any_site(trial: Trial, folder: Path, chance: Random) -> Result:
    """Try it; of the kills of *trial* some may be dealt to the site, or to the mail server."""
    trial = replace(trial, members=min(trial.members, _AT_MOST))
    if not trial.jobs:
        trial = replace(trial, jobs=chance.choice(_JOBS))
    with ExitStack() as stack:
        database = None
        if chance.random() < 0.5:
            server = stack.enter_context(postgres())
            database = server.url(server.make())
        trial, ours = chance.choice([_sender, _site, _mail, _files])(trial, database, chance)
        return real_site(trial, folder, chance, ours)


def _sender(trial: Trial, database: str | None, chance: Random) -> tuple[Trial, Ours]:
    return trial, Ours(database, processes=_processes(database, chance))


def _site(trial: Trial, database: str | None, chance: Random) -> tuple[Trial, Ours]:
    trial = replace(trial, kills=0, blows=min(trial.kills, 8), options=_SOON)
    return trial, Ours(database, processes=_processes(database, chance))


def _mail(trial: Trial, database: str | None, chance: Random) -> tuple[Trial, Ours]:
    trial = replace(trial, kills=0, blows=min(trial.kills, 1 + len(TROUBLE)), options=_SOON)
    return trial, Ours(database, struck="mail", processes=_processes(database, chance))


def _files(trial: Trial, database: str | None, _chance: Random) -> tuple[Trial, Ours]:
    # A folder has one site that files its mails.
    return replace(trial, blows=4), Ours(database, mail="maildir")


def _processes(database: str | None, chance: Random) -> int:
    return chance.choice([1, 2]) if database else 1

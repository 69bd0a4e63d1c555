# SPDX-License-Identifier: MIT
"""A trial of the real site with a random database, mailer and kind of kill."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

from servers.postgres import postgres

from .mail_server import MAIL_FAULTS
from .real_trial import SiteSetup, real_site
from .trial import Result, Trial

_AT_MOST: Final = 300
_JOBS: Final = ("1", "16", "auto")
#: With a mail server, repeating a call in doubt is useless, so the patience is short.
_SOON: Final = ("--patience", "2")


def any_site(trial: Trial, folder: Path, chance: Random) -> Result:
    """Run the trial; some kills of *trial* may hit the site or the mail server."""
    trial = replace(trial, members=min(trial.members, _AT_MOST))
    if not trial.jobs:
        trial = replace(trial, jobs=chance.choice(_JOBS))
    with ExitStack() as stack:
        database = None
        if chance.random() < 0.5:
            server = stack.enter_context(postgres())
            database = server.url(server.make())
        trial, setup = chance.choice([_sender, _site, _mail, _files])(trial, database, chance)
        return real_site(trial, folder, chance, setup)


def _sender(trial: Trial, database: str | None, chance: Random) -> tuple[Trial, SiteSetup]:
    return trial, SiteSetup(database, processes=_processes(database, chance))


def _site(trial: Trial, database: str | None, chance: Random) -> tuple[Trial, SiteSetup]:
    trial = replace(trial, kills=0, disruptions=min(trial.kills, 8), options=_SOON)
    return trial, SiteSetup(database, processes=_processes(database, chance))


def _mail(trial: Trial, database: str | None, chance: Random) -> tuple[Trial, SiteSetup]:
    trial = replace(
        trial, kills=0, disruptions=min(trial.kills, 1 + len(MAIL_FAULTS)), options=_SOON
    )
    return trial, SiteSetup(database, disrupted="mail", processes=_processes(database, chance))


def _files(trial: Trial, database: str | None, _chance: Random) -> tuple[Trial, SiteSetup]:
    # Only one process may file mails in a folder.
    return replace(trial, disruptions=4), SiteSetup(database, mail="maildir")


def _processes(database: str | None, chance: Random) -> int:
    return chance.choice([1, 2]) if database else 1

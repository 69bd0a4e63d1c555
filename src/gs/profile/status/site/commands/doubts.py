# SPDX-License-Identifier: MIT
"""Lists the notifications that may or may not have been mailed, and settles them."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from gs.profile.status.site.config import SiteConfig
from gs.profile.status.site.folder import SiteFolder
from gs.profile.status.site.holding import HeldError, held
from gs.profile.status.site.opening import now
from gs.profile.status.site.store.database import open_database
from gs.profile.status.site.store.doubts import Doubt, find_doubts, settle_doubt
from gs.profile.status.site.store.presence import Presence

from .faults import EX_DATAERR, EX_TEMPFAIL, CommandError, faults_told
from .output import say
from .site import find_site, read_settings

# Beyond the time-outs of the mail server: for what comes before the last one, and the record.
_MARGIN: Final = timedelta(minutes=5)
_DOUBT: Final = """\
{key}
    member      {user_id}
    period      {period}
    since       {since:%Y-%m-%d %H:%M:%S %Z}
    Message-ID  {message_id}"""
_ADVICE: Final = """
Look for the Message-ID in the log of the mail server. Where it took the e-mail:

    sendprofile-site doubts --sent KEY

and where it certainly did not, so that sendprofile sends it with its next call:

    sendprofile-site doubts --not-sent KEY"""


def run(options: Namespace) -> None:
    """List what is in doubt, or settle it."""
    with faults_told():
        folder = find_site(options.folder)
        config = read_settings(folder)
        engine = open_database(config.database)
        try:
            presence = Presence(engine)
            workers = _Workers(presence, _is_served(folder, config), _longest(config))
            with engine.begin() as connection:
                _do(connection, workers, options)
            presence.close()
        finally:
            engine.dispose()


@dataclass(frozen=True, slots=True)
class _Workers:
    """Those who may be handing a letter over at this moment, which may take up to *longest*."""

    presence: Presence
    served: bool
    longest: timedelta

    def work_on(self, connection: Connection, doubt: Doubt) -> bool:
        if now() - doubt.handing > self.longest:
            return False
        return self.served or self.presence.is_alive(connection, doubt.worker)


def _do(connection: Connection, workers: _Workers, options: Namespace) -> None:
    doubts = find_doubts(connection)
    ripe = [doubt for doubt in doubts if not workers.work_on(connection, doubt)]
    keys = options.sent or options.not_sent
    if keys:
        _check(keys, doubts, ripe)
        for key in keys:
            settle_doubt(connection, key, now(), sent=bool(options.sent))
        say(f"{len(keys):,} settled.")
    else:
        _list(ripe, len(doubts) - len(ripe))


def _is_served(folder: SiteFolder, config: SiteConfig) -> bool:
    if config.many_processes:
        return False  # the presence of each process tells
    try:
        with held(folder.lock):
            return False
    except HeldError:
        return True


def _longest(config: SiteConfig) -> timedelta:
    if config.mail is None:
        return _MARGIN
    return timedelta(seconds=config.mail.final_timeout) + _MARGIN


def _check(keys: Sequence[str], doubts: Sequence[Doubt], ripe: Sequence[Doubt]) -> None:
    for key in keys:
        if key not in {doubt.key for doubt in doubts}:
            raise CommandError(f"Nothing is in doubt under the key {key!r}.", EX_DATAERR)
        if key not in {doubt.key for doubt in ripe}:
            raise CommandError(
                f"{key!r} is being worked on: stop the site, or try again later.", EX_TEMPFAIL
            )


def _list(doubts: Sequence[Doubt], in_progress: int) -> None:
    for doubt in doubts:
        say(
            _DOUBT.format(
                key=doubt.key,
                user_id=doubt.user_id,
                period=doubt.period,
                since=doubt.handing,
                message_id=doubt.message_id or "unknown",
            )
        )
    if in_progress:
        say(f"{in_progress:,} more are being handed over.")
    say(_ADVICE if doubts else "Nothing is in doubt.")

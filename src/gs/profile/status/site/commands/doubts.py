# SPDX-License-Identifier: MIT
"""Lists the notifications that may or may not have been mailed, and settles them."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gs.profile.status.site.app import now
from gs.profile.status.site.installation import program
from gs.profile.status.site.instance import SiteSettings
from gs.profile.status.site.instance.folder import FolderLockedError, SiteFolder, folder_locked
from gs.profile.status.site.store.calls import NOBODY, Doubt, find_doubts, resolve_doubt
from gs.profile.status.site.store.database import Connection, open_database
from gs.profile.status.site.store.workers import is_alive

from .common import (
    EX_DATAERR,
    EX_TEMPFAIL,
    CommandError,
    command_errors,
    find_site_folder,
    folder_option,
    load_settings,
    say,
)

_DOUBT: Final = """\
{key}
    member      {user_id}
    period      {period}
    since       {since:%Y-%m-%d %H:%M:%S %Z}
    Message-ID  {message_id}"""
_IN_PROGRESS: Final = "    {key}, since {since:%Y-%m-%d %H:%M:%S %Z}"
_ADVICE: Final = """
Look for the Message-ID in the log of the mail server. Where it took the e-mail:

    {program} doubts {folder} --sent KEY

and where it certainly did not, so that sendprofile sends it with its next call:

    {program} doubts {folder} --not-sent KEY"""


def run(options: Namespace) -> None:
    """List what is in doubt, or settle it."""
    with command_errors():
        folder = find_site_folder(options.folder)
        config = load_settings(folder)
        engine = open_database(config.database)
        try:
            with engine.begin() as connection:
                doubts = _find(connection, folder, config)
                keys = list(dict.fromkeys(options.sent or options.not_sent or ()))
                gone = _settle(connection, doubts, keys, sent=bool(options.sent))
        finally:
            engine.dispose()
        if keys:
            _tell(keys, gone)
        else:
            _list(doubts, folder_option(folder.path))


@dataclass(frozen=True, slots=True)
class _Doubts:
    """What nobody works on any more, and what somebody may be handing over at this moment."""

    ripe: Sequence[Doubt]
    in_progress: Sequence[Doubt]


def _find(connection: Connection, folder: SiteFolder, config: SiteSettings) -> _Doubts:
    doubts = find_doubts(connection)
    left = [doubt for doubt in doubts if doubt.worker == NOBODY]
    # What its process has let go of is in doubt while the site serves, too.
    served = len(left) < len(doubts) and _is_served(folder, config)
    ripe: list[Doubt] = []
    in_progress: list[Doubt] = []
    for doubt in doubts:
        # A letter may wait for long before the mail server has it: its age tells nothing.
        alive = doubt.worker != NOBODY and (served or is_alive(connection, doubt.worker))
        (in_progress if alive else ripe).append(doubt)
    return _Doubts(ripe, in_progress)


def _is_served(folder: SiteFolder, config: SiteSettings) -> bool:
    if config.many_processes:
        return False  # the presence of each process tells
    try:
        with folder_locked(folder.lock):
            return False
    except FolderLockedError:
        return True


def _settle(
    connection: Connection, doubts: _Doubts, keys: Sequence[str], *, sent: bool
) -> list[str]:
    """Settle the doubts under *keys*; return which were taken over, or settled, in between."""
    ripe = {doubt.key: doubt for doubt in doubts.ripe}
    for key in keys:
        if key in {doubt.key for doubt in doubts.in_progress}:
            raise CommandError(
                f"{key!r} is being worked on: stop the site, or try again later.", EX_TEMPFAIL
            )
        if key not in ripe:
            raise CommandError(f"Nothing is in doubt under the key {key!r}.", EX_DATAERR)
    moment = now()
    return [key for key in keys if not resolve_doubt(connection, ripe[key], moment, sent=sent)]


def _tell(keys: Sequence[str], gone: Sequence[str]) -> None:
    say(f"{len(keys) - len(gone):,} settled.")
    if gone:
        told = ", ".join(map(repr, gone))
        raise CommandError(f"No longer in doubt, and left as it is: {told}.", EX_TEMPFAIL)


def _list(doubts: _Doubts, folder: str) -> None:
    for doubt in doubts.ripe:
        say(
            _DOUBT.format(
                key=doubt.key,
                user_id=doubt.user_id,
                period=doubt.period,
                since=doubt.handing,
                message_id=doubt.message_id or "unknown",
            )
        )
    if doubts.in_progress:
        say(
            f"{len(doubts.in_progress):,} are still being worked on; stop the site to settle them:"
        )
    for doubt in doubts.in_progress:
        say(_IN_PROGRESS.format(key=doubt.key, since=doubt.handing))
    if doubts.ripe:
        say(_ADVICE.format(program=program("sendprofile-site"), folder=folder))
    else:
        say("Nothing is in doubt.")

# SPDX-License-Identifier: MIT
"""Lists the notifications that may or may not have been mailed, and resolves them."""

import os
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
Look for the Message-ID in the log of the mail server. If the server accepted the e-mail:

    {program} doubts {folder} --sent KEY

If it certainly did not, so that sendprofile sends it with its next call:

    {program} doubts {folder} --not-sent KEY"""


def run(options: Namespace) -> None:
    """List the calls in doubt, or resolve those that the options name."""
    with command_errors():
        folder = find_site_folder(options.folder)
        settings = load_settings(folder)
        engine = open_database(settings.database)
        try:
            with engine.begin() as connection:
                doubts = _find(connection, folder, settings)
                keys = list(dict.fromkeys(options.sent or options.not_sent or ()))
                stale = _resolve(connection, doubts, keys, sent=bool(options.sent))
        finally:
            engine.dispose()
        if keys:
            say(f"{len(keys) - len(stale):,} resolved.")
        else:
            _list(doubts, folder_option(folder.path))
        if stale:
            named = ", ".join(map(repr, stale))
            message = f"No longer in doubt, and unchanged: {named}. List the doubts again."
            raise CommandError(message, os.EX_TEMPFAIL)


@dataclass(frozen=True, slots=True)
class _Doubts:
    """The calls that no process works on any more, and those that one may be working on."""

    resolvable: Sequence[Doubt]
    in_progress: Sequence[Doubt]


def _find(connection: Connection, folder: SiteFolder, settings: SiteSettings) -> _Doubts:
    doubts = find_doubts(connection)
    # A call without a worker is in doubt even while the site is served.
    has_worker = any(doubt.worker != NOBODY for doubt in doubts)
    served = has_worker and _is_served(folder, settings)
    resolvable: list[Doubt] = []
    in_progress: list[Doubt] = []
    for doubt in doubts:
        # The age of a call says nothing: an e-mail may wait long for the mail server.
        alive = doubt.worker != NOBODY and (served or is_alive(connection, doubt.worker))
        (in_progress if alive else resolvable).append(doubt)
    return _Doubts(resolvable, in_progress)


def _is_served(folder: SiteFolder, settings: SiteSettings) -> bool:
    if settings.many_processes:
        return False  # each process has its own lease
    try:
        with folder_locked(folder.lock):
            return False
    except FolderLockedError:
        return True


def _resolve(
    connection: Connection, doubts: _Doubts, keys: Sequence[str], *, sent: bool
) -> list[str]:
    """Resolve the doubts with these *keys*; return the keys that were resolved meanwhile."""
    resolvable = {doubt.key: doubt for doubt in doubts.resolvable}
    for key in keys:
        if key in {doubt.key for doubt in doubts.in_progress}:
            raise CommandError(
                f"The call {key!r} is in progress; stop the site, or try again later.",
                os.EX_TEMPFAIL,
            )
        if key not in resolvable:
            raise CommandError(
                f"No call {key!r} is in doubt; list the doubts again.", os.EX_DATAERR
            )
    moment = now()
    return [
        key for key in keys if not resolve_doubt(connection, resolvable[key], moment, sent=sent)
    ]


def _list(doubts: _Doubts, folder: str) -> None:
    for doubt in doubts.resolvable:
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
        say(f"{len(doubts.in_progress):,} are in progress; stop the site to resolve them:")
    for doubt in doubts.in_progress:
        say(_IN_PROGRESS.format(key=doubt.key, since=doubt.handing))
    if doubts.resolvable:
        say(_ADVICE.format(program=program("sendprofile-site"), folder=folder))
    else:
        say("Nothing is in doubt.")

# SPDX-License-Identifier: MIT
"""Founds a site in a folder: an invented one, or one of archives; adds to one that is there."""

import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine

from gs.profile.status.hooks import Period

from .community import settle_community
from .folder import SiteFolder
from .importers import Archive, Findings, Intake
from .importers.disguise import Disguise, Plain, Wardrobe
from .importers.lively import latest_lively
from .plaintext import one_line
from .store import tables
from .store.database import open_database
from .store.intake import add_missing
from .store.options import Option, read_option, write_option
from .store.posts import count_by_month

_SITE_ID: Final = "lists"
_HOST: Final = "lists.example.org"
#: The community is the same in every demo.
_SEED: Final = 20


def found(folder: SiteFolder) -> Engine:
    """Return the database of a site that is new and has nothing but a token."""
    token = secrets.token_urlsafe(32)
    folder.prepare(token)
    engine = open_database(folder.database)
    with engine.begin() as connection:
        write_option(connection, Option.TOKEN, token)
        write_option(connection, Option.SALT, secrets.token_hex(32))
    return engine


def found_community(folder: SiteFolder, now: datetime) -> Engine:
    """Return the database of a new site with the invented community, as of *now*."""
    engine = found(folder)
    with engine.begin() as connection:
        settle_community(connection, now, _SEED)
    return engine


def take_archives(
    engine: Engine,
    title: str,
    archives: list[Archive],
    tell: Callable[[Archive, Findings], None],
    *,
    keep_addresses: bool,
) -> None:
    """Take *archives* in to the site, which gets that *title* if there is none yet.

    *tell* hears of each one that has been taken.
    """
    with engine.begin() as connection:
        _add_site(connection, title)
        wardrobe = _wardrobe(connection, keep_addresses=keep_addresses)
    intake = Intake(engine, _SITE_ID, _HOST, wardrobe)
    if not keep_addresses:
        for archive in archives:
            intake.learn(archive)
    for archive in archives:
        tell(archive, intake.take(archive))


def fix_period(engine: Engine, now: datetime) -> Period | None:
    """Fix the month that a site of archives reports on, where nobody posts any more; return it."""
    with engine.begin() as connection:
        period = latest_lively(count_by_month(connection), Period.of(now.date()))
        write_option(connection, Option.PERIOD, None if period is None else str(period))
    return period


def _add_site(connection: Connection, title: str) -> None:
    site = {
        "site_id": _SITE_ID,
        "title": one_line(title),
        "url": f"https://{_HOST}",
        "support_email": f"support@{_HOST}",
    }
    add_missing(connection, tables.SITE, site)


def _wardrobe(connection: Connection, *, keep_addresses: bool) -> Wardrobe:
    salt = bytes.fromhex(read_option(connection, Option.SALT) or "")
    return Plain(salt) if keep_addresses else Disguise(salt)


def title_of(data: Path) -> str:
    """Return what a site of the archives in *data* is called."""
    return data.resolve().name or "Mailing lists"

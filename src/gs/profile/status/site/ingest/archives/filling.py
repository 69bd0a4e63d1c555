# SPDX-License-Identifier: MIT
"""Fills a site with archives of mailing lists."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine

from gs.profile.status.hooks import Period
from gs.profile.status.site.instance.describing import Description, choose_site, describe
from gs.profile.status.site.store.mixing import INVENTED, KEPT, settle_disguise
from gs.profile.status.site.store.options import Option, read_option, write_option
from gs.profile.status.site.store.posts import count_by_month
from gs.profile.status.site.store.sites import SiteData, find_sites

from . import Archive, Findings, Intake
from .lively import latest_lively
from .pseudonyms import Disguise, Plain, Wardrobe


def find_site(engine: Engine, title: str, site_id: str | None = None) -> SiteData:
    """Return the site of that ID, or the only one; where there is none, a new one of that *title*.

    Raises :exc:`~.describing.WhichSiteError`.
    """
    with engine.begin() as connection:
        if site_id is None and not find_sites(connection):
            return describe(connection, Description(title=title))
        return choose_site(connection, site_id)


def take_archives(
    engine: Engine,
    site: SiteData,
    archives: list[Archive],
    tell: Callable[[Archive, Findings], None],
    *,
    keep_addresses: bool,
) -> None:
    """Take *archives* in to the *site*; *tell* hears of each one that has been taken.

    Raises :exc:`~.mixing.MixedError`.
    """
    with engine.begin() as connection:
        settle_disguise(connection, KEPT if keep_addresses else INVENTED)
        wardrobe = _wardrobe(connection, keep_addresses=keep_addresses)
    intake = Intake(engine, site, wardrobe)
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


def _wardrobe(connection: Connection, *, keep_addresses: bool) -> Wardrobe:
    salt = bytes.fromhex(read_option(connection, Option.SALT) or "")
    return Plain(salt) if keep_addresses else Disguise(salt)

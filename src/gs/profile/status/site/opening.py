# SPDX-License-Identifier: MIT
"""Opens the site of a folder: builds the application from its parts."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

from sqlalchemy import Engine
from starlette.applications import Starlette

from gs.profile.status.hooks import Period

from .activity import Activities
from .app import make_app
from .folder import SiteFolder
from .letter import compose
from .mailer import Maildir
from .notification import Notifier
from .store.database import open_database
from .store.members import count_members
from .store.options import Option, read_option
from .summary import Summary


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A site that can be served: its application, how many members, and the period as of now."""

    app: Starlette
    members: int
    period: Period


def now() -> datetime:
    """Return the time of this machine, in the zone that the site reckons in."""
    return datetime.now(UTC)


def open_site(folder: SiteFolder, period: Period | None = None) -> OpenSite:
    """Return the site in *folder*, which reports on *period* when it is given.

    Otherwise it reports on the month that its archives have fixed, or the month before today.
    """
    engine = open_database(folder.database)
    with engine.connect() as connection:
        fixed = read_option(connection, Option.PERIOD)
        members = count_members(connection)
    reckon = _reckoning(period or (Period.parse(fixed) if fixed else None))
    return OpenSite(make_app(_notifier(engine, folder), reckon), members, reckon())


def _reckoning(fixed: Period | None) -> Callable[[], Period]:
    return lambda: fixed or Period.of(now().date()).before()


def _notifier(engine: Engine, folder: SiteFolder) -> Notifier:
    return Notifier(
        engine=engine,
        activities=Activities(engine, time.monotonic),
        compose=_compose,
        mailer=Maildir(folder.maildir),
        now=now,
    )


def _compose(summary: Summary) -> EmailMessage:
    return compose(summary, now=now())

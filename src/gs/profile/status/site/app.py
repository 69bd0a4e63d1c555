# SPDX-License-Identifier: MIT
"""Opens the site of a folder: builds the application from its parts."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

from starlette.types import ASGIApp

from gs.profile.status.hooks import Period, Status
from gs.profile.status.site.instance.create import ensure_secrets
from gs.profile.status.site.instance.folder import SiteFolder
from gs.profile.status.site.store.audit import record_events, wrong_token
from gs.profile.status.site.store.calls import inherit_doubts
from gs.profile.status.site.store.database import Engine, open_database
from gs.profile.status.site.store.groups import find_support_email
from gs.profile.status.site.store.members import count_members
from gs.profile.status.site.store.options import Option, read_option
from gs.profile.status.site.store.workers import WorkerLease
from gs.profile.status.site.web.app import make_app
from gs.profile.status.site.web.health import Health
from gs.profile.status.site.web.hooks import Hooks
from gs.profile.status.site.web.metrics import Metrics
from gs.profile.status.site.web.middleware import service_routes, with_middleware
from gs.profile.status.site.web.pages import (
    PlannedNotification,
    PlanNotification,
    PreviewPage,
    UnsubscribePage,
    page_routes,
)
from gs.profile.status.site.web.tokens import Tokens

from . import addresses
from .activity import Activities
from .delivery import MaildirMailer, Mailer, SmtpMailer
from .dispatch import Decider, Dispatcher, Processor
from .instance import SiteSettings
from .links import stop_link
from .logs import Log
from .model import Summary
from .notification import Notification, compose

# Whoever was sent to in a trial, into the Maildir, is still to be mailed.
_TRIAL: Final = "Maildir "


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A site that can be served: its application, how many members, and the period as of now.

    *stopping* is to be called when it is told to stop, for those who ask whether it is well.
    """

    app: ASGIApp
    members: int
    period: Period
    stopping: Callable[[], None]


def now() -> datetime:
    """Return the time of this machine, in the zone that the site reckons in."""
    return datetime.now(UTC)


def open_site(folder: SiteFolder, config: SiteSettings, period: Period | None = None) -> OpenSite:
    """Return the site in *folder*, which this process holds unless many may serve it.

    It reports on *period* when it is given, otherwise on the month that its archives have fixed,
    or the month before today.
    """
    engine, log = _open(config), Log()
    with engine.begin() as connection:
        members = count_members(connection)
        doubts = 0 if config.many_processes else inherit_doubts(connection)
    reckon = _reckoning(engine, period)
    decider, mailer = _decider(engine, config), _mailer(engine, folder, config)
    metrics, lease = Metrics(), WorkerLease(engine)
    metrics.members(members)
    dispatcher = Dispatcher(Processor(engine, decider, mailer, lease, now, log), mailer, metrics)
    tokens = _tokens(engine, metrics)
    hooks = Hooks(engine, dispatcher, tokens, reckon, "" if config.mail else _TRIAL)
    unsubscribe = UnsubscribePage(_link_key(engine), engine, now)
    preview = PreviewPage(tokens, _looking(engine, decider), reckon)
    health = Health(engine, lambda: dispatcher.alive, log)

    def close() -> None:
        dispatcher.close()
        lease.close()
        engine.dispose()

    routes = [*page_routes(unsubscribe, preview), *service_routes(health, metrics)]
    app = with_middleware(make_app(hooks, routes=routes, close=close), metrics, log)
    log.info(
        "opened",
        version=version("gs.profile.status.send"),
        database=engine.dialect.name,
        mailer=type(mailer).__name__,
        members=members,
        period=str(reckon()),
    )
    if doubts:
        log.warning("left_in_doubt", calls=doubts)
    return OpenSite(app, members, reckon(), health.stop)


def plan_notification(
    config: SiteSettings, user_id: str, period: Period | None = None
) -> PlannedNotification:
    """Return what would become of the notification of a member; nothing is mailed or audited."""
    engine = _open(config)
    try:
        reckon = _reckoning(engine, period)
        return _looking(engine, _decider(engine, config))(user_id, reckon())
    finally:
        engine.dispose()


def _open(config: SiteSettings) -> Engine:
    engine = open_database(config.database)
    with engine.begin() as connection:
        ensure_secrets(connection)
    return engine


def _reckoning(engine: Engine, period: Period | None) -> Callable[[], Period]:
    with engine.connect() as connection:
        fixed = read_option(connection, Option.PERIOD)
    period = period or (Period.parse(fixed) if fixed else None)
    return lambda: period or Period.of(now().date()).before()


def _decider(engine: Engine, config: SiteSettings) -> Decider:
    link_key = _link_key(engine)

    def composed(summary: Summary) -> Notification:
        base = config.url or summary.sites[0].site.url
        return compose(summary, now=now(), stop_url=stop_link(base, link_key, summary.profile.id))

    layout = config.layout
    return Decider(Activities(time.monotonic, layout), layout, composed)


def _looking(engine: Engine, decider: Decider) -> PlanNotification:
    def looked(user_id: str, period: Period) -> PlannedNotification:
        with engine.connect() as connection:
            (member,) = decider.look_up(connection, [user_id]).values()
            decision = decider.decide(connection, member, period)
        return PlannedNotification(
            Status(decision.reply.status), decision.reply.message, decision.mail
        )

    return looked


def _mailer(engine: Engine, folder: SiteFolder, config: SiteSettings) -> Mailer:
    if config.mail is None:
        return MaildirMailer(folder.maildir)
    if config.mail.bounces:
        return SmtpMailer(config.mail)
    with engine.connect() as connection:
        domain = addresses.domain(find_support_email(connection)) or addresses.NO_DOMAIN
    return SmtpMailer(replace(config.mail, bounces=f"bounces@{domain}"))


def _tokens(engine: Engine, metrics: Metrics) -> Tokens:
    def read() -> str | None:
        with engine.connect() as connection:
            return read_option(connection, Option.TOKEN)

    def audit(hook: str, peer: str, times: int) -> None:
        with engine.begin() as connection:
            record_events(connection, [wrong_token(now(), hook, peer, times)])

    return Tokens(read=read, audit=audit, count_wrong=metrics.wrong_token)


def _link_key(engine: Engine) -> str:
    with engine.connect() as connection:
        return read_option(connection, Option.LINK_KEY) or ""

# SPDX-License-Identifier: MIT
"""Opens the site of a folder: the only builder of its parts."""

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

# Before the text of a reply in a trial: the e-mail went only into the Maildir folder.
_TRIAL: Final = "Maildir "


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A site that can be served: its application, the number of members, the present period.

    Call *stopping* when the service is told to stop, so that its health check says so.
    """

    app: ASGIApp
    members: int
    period: Period
    stopping: Callable[[], None]


def now() -> datetime:
    """Return the time of this machine in UTC, in which the site counts months."""
    return datetime.now(UTC)


def open_site(
    folder: SiteFolder, settings: SiteSettings, period: Period | None = None
) -> OpenSite:
    """Return the site in *folder*, which this process has locked unless many may serve it.

    The site reports on *period*; without one, on the period that its archives have fixed, or on
    the month before today.
    """
    engine, log = _open(settings), Log()
    with engine.begin() as connection:
        members = count_members(connection)
        doubts = 0 if settings.many_processes else inherit_doubts(connection)
    current_period = _current_period(engine, period)
    decider, mailer = _decider(engine, settings), _mailer(engine, folder, settings)
    metrics, lease = Metrics(), WorkerLease(engine)
    metrics.members(members)
    processor = Processor(engine, decider, mailer, lease, now, log)
    dispatcher = Dispatcher(processor, mailer, metrics)
    tokens = _tokens(engine, metrics)
    prefix = "" if settings.mail else _TRIAL
    hooks = Hooks(engine, dispatcher, tokens, current_period, prefix)
    unsubscribe = UnsubscribePage(_link_key(engine), engine, now)
    preview = PreviewPage(tokens, _planner(engine, decider), current_period)
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
        period=str(current_period()),
    )
    if doubts:
        log.warning("calls_in_doubt", calls=doubts)
    return OpenSite(app, members, current_period(), health.stop)


def plan_notification(
    settings: SiteSettings, user_id: str, period: Period | None = None
) -> PlannedNotification:
    """Return what the send hook would do for a member; nothing is mailed or audited."""
    engine = _open(settings)
    try:
        plan = _planner(engine, _decider(engine, settings))
        return plan(user_id, _current_period(engine, period)())
    finally:
        engine.dispose()


def _open(settings: SiteSettings) -> Engine:
    engine = open_database(settings.database)
    with engine.begin() as connection:
        ensure_secrets(connection)
    return engine


def _current_period(engine: Engine, period: Period | None) -> Callable[[], Period]:
    fixed = _read_option(engine, Option.PERIOD)
    period = period or (Period.parse(fixed) if fixed else None)
    return lambda: period or Period.of(now().date()).before()


def _decider(engine: Engine, settings: SiteSettings) -> Decider:
    link_key = _link_key(engine)

    def compose_now(summary: Summary) -> Notification:
        base = settings.url or summary.sites[0].site.url
        return compose(summary, now=now(), stop_url=stop_link(base, link_key, summary.profile.id))

    layout = settings.layout
    return Decider(Activities(time.monotonic, layout), layout, compose_now)


def _planner(engine: Engine, decider: Decider) -> PlanNotification:
    def plan(user_id: str, period: Period) -> PlannedNotification:
        with engine.connect() as connection:
            (member,) = decider.look_up(connection, [user_id]).values()
            decision = decider.decide(connection, member, period)
        return PlannedNotification(
            Status(decision.reply.status), decision.reply.message, decision.mail
        )

    return plan


def _mailer(engine: Engine, folder: SiteFolder, settings: SiteSettings) -> Mailer:
    if settings.mail is None:
        return MaildirMailer(folder.maildir)
    if settings.mail.bounces:
        return SmtpMailer(settings.mail)
    with engine.connect() as connection:
        domain = addresses.domain(find_support_email(connection)) or addresses.NO_DOMAIN
    return SmtpMailer(replace(settings.mail, bounces=f"bounces@{domain}"))


def _tokens(engine: Engine, metrics: Metrics) -> Tokens:
    def read() -> str | None:
        with engine.connect() as connection:
            return read_option(connection, Option.TOKEN)

    def audit(hook: str, peer: str, times: int) -> None:
        with engine.begin() as connection:
            record_events(connection, [wrong_token(now(), hook, peer, times)])

    return Tokens(read=read, audit=audit, count_wrong=metrics.wrong_token)


def _link_key(engine: Engine) -> str:
    return _read_option(engine, Option.LINK_KEY) or ""


def _read_option(engine: Engine, option: Option) -> str | None:
    with engine.connect() as connection:
        return read_option(connection, option)

# SPDX-License-Identifier: MIT
"""Builds the parts of a site around a database, as app.py does."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine

from gs.profile.status.hooks import Period
from gs.profile.status.site.activity import Activities
from gs.profile.status.site.delivery import Deferred, Delivered, MaildirMailer
from gs.profile.status.site.dispatch import Decider, Dispatcher, Processor
from gs.profile.status.site.links import Layout
from gs.profile.status.site.logs import Log
from gs.profile.status.site.notification import compose
from gs.profile.status.site.store.audit import record_events, wrong_token
from gs.profile.status.site.store.options import Option, read_option
from gs.profile.status.site.store.workers import WorkerLease
from gs.profile.status.site.web.app import make_app
from gs.profile.status.site.web.hooks import Hooks
from gs.profile.status.site.web.tokens import Tokens

NOW = datetime(2026, 4, 2, 9, tzinfo=UTC)
MARCH = Period(2026, 3)
GROUPSERVER = Layout()
LINK_KEY = "a-key-for-links-of-32-characters"


@dataclass
class FailingMailer:
    """A mailer that fails *times* times with *error*, before or *after* it files the mail."""

    maildir: MaildirMailer
    error: Exception | Deferred
    after: bool = False
    times: int = 1
    jobs: int = 4

    def deliver(self, mail, member_id, key=None):
        self.times -= 1
        if self.times < 0 or self.after:
            self.maildir.deliver(mail, member_id, key)
        if self.times < 0:
            return Delivered()
        if isinstance(self.error, Exception):
            raise self.error
        return self.error

    def was_delivered(self, key):
        return self.maildir.was_delivered(key)

    def close(self):
        pass


@dataclass
class MemoryMailer:
    """A mailer that keeps the mails in memory."""

    mails: list = field(default_factory=list)
    jobs: int = 1

    def deliver(self, mail, member_id, key=None):  # noqa: ARG002 - the port's
        self.mails.append(mail)
        return Delivered()

    def was_delivered(self, key):
        raise NotImplementedError(key)

    def close(self):
        pass


class NoMetrics:
    """Counts nothing."""

    def waiting(self, calls):
        pass

    def answered(self, label):
        pass

    def delivered(self, label):
        pass


@dataclass
class ActivityReader:
    """Reads the activity of groups with a new connection for each call."""

    engine: Engine
    clock: Callable[[], float] = lambda: 0.0
    layout: Layout = GROUPSERVER
    lifetime: float = 600.0

    def __post_init__(self):
        self._activities = Activities(self.clock, self.layout, self.lifetime)

    def of(self, key, period):
        with self.engine.connect() as connection:
            return self._activities.of(connection, key, period)


def decider(layout=GROUPSERVER):
    """Return a decider with a fixed clock and the pages of *layout*."""

    def composed(summary):
        return compose(summary, now=NOW, stop_url="https://s.example/stop")

    return Decider(Activities(lambda: 0.0, layout), layout, composed)


@contextmanager
def dispatching(engine, mailer, metrics=None):
    """Yield a dispatcher; close it and its worker lease at the end."""
    lease = WorkerLease(engine)
    processor = Processor(engine, decider(), mailer, lease, lambda: NOW, Log())
    dispatcher = Dispatcher(processor, mailer, metrics or NoMetrics())
    try:
        yield dispatcher
    finally:
        dispatcher.close()
        lease.close()


def tokens(engine, sleep):
    """Return a token check that uses *sleep* for its delays."""

    def read():
        with engine.connect() as connection:
            return read_option(connection, Option.TOKEN)

    def audit(hook, peer, times):
        with engine.begin() as connection:
            record_events(connection, [wrong_token(NOW, hook, peer, times)])

    return Tokens(read=read, audit=audit, count_wrong=lambda: None, sleep=sleep)


async def at_once(_seconds):
    """Sleep for no time."""


@contextmanager
def application(engine, mailer, period=MARCH, scope=""):
    """Yield the application for one server."""
    with dispatching(engine, mailer) as dispatcher:
        yield make_app(
            Hooks(engine, dispatcher, tokens(engine, at_once), lambda: period, scope),
            close=dispatcher.close,
        )

# SPDX-License-Identifier: MIT
"""Serves the pages of a site, with a preview that the test defines."""

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from starlette.applications import Starlette

from embedded.database import TOKEN
from embedded.live_server import live_server
from gs.profile.status.hooks import Period, Status
from gs.profile.status.site.links import stop_link
from gs.profile.status.site.store import tables
from gs.profile.status.site.web.middleware import SecurityHeaders
from gs.profile.status.site.web.pages import (
    PlannedNotification,
    PreviewPage,
    UnsubscribePage,
    page_routes,
)
from gs.profile.status.site.web.tokens import Tokens

NOW = datetime(2026, 4, 2, 9, tzinfo=UTC)
KEY = "a link key of 32 characters or so"


@dataclass(frozen=True)
class Mail:
    """A mail with texts chosen by the test."""

    text: str = "Words.\n"
    html: str = "<!DOCTYPE html><html lang=en><title>T</title><p>Words."
    to: str = "Ann <ann@example.org>"
    subject: str = "What is happening in your groups"
    message_id: str = "<one@s.example>"
    recipients: tuple[str, ...] = ("ann@example.org",)
    international: bool = False

    def octets(self, *, eight_bit):  # noqa: ARG002 - the port's
        message = EmailMessage(policy=SMTPUTF8 if self.international else SMTP)
        message["From"] = "Site <support@s.example>"
        message["To"] = self.to
        message["Subject"] = self.subject
        message["Message-ID"] = self.message_id
        message.set_content(self.text, cte="base64")
        message.add_alternative(self.html, subtype="html", cte="base64")
        return message.as_bytes()


def nobody(user_id, _period):
    message = f"Cannot find the user object for the user ID ({user_id})"
    return PlannedNotification(Status.NO_SUCH_MEMBER, message, None)


def stop_path(user_id, key=KEY):
    return stop_link("", key, user_id)


async def at_once(_seconds):
    pass


ONE_CLICK = {"List-Unsubscribe": "One-Click"}
URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


def skips(db):
    """Return the IDs of the members who opted out."""
    return {row.user_id for row in db.rows(tables.PROFILE_NOTIFICATION_SKIP)}


def events(db):
    """Return the audit trail: code, member, detail."""
    rows = sorted(db.rows(tables.AUDIT_EVENT), key=lambda row: row.event_code)
    return [(row.event_code, row.instance_user_id, row.instance_datum) for row in rows]


def heading(answer):
    """Return the heading of a page."""
    return re.search("<h1>(.*)</h1>", answer.body.decode())[1]


@contextmanager
def live_pages(engine, plan=nobody, *, wrong_tokens=None, sleep=at_once):
    """Serve the pages of the site in *engine*; append wrong tokens to *wrong_tokens*."""
    wrong_tokens = [] if wrong_tokens is None else wrong_tokens
    tokens = Tokens(
        read=lambda: TOKEN,
        audit=lambda hook, peer, times: wrong_tokens.append((hook, peer, times)),
        count_wrong=lambda: None,
        clock=lambda: 0.0,
        sleep=sleep,
    )
    routes = page_routes(
        UnsubscribePage(KEY, engine, lambda: NOW),
        PreviewPage(tokens, plan, lambda: Period(2026, 3)),
    )
    with live_server(SecurityHeaders(Starlette(routes=routes))) as running:
        yield running

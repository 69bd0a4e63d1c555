# SPDX-License-Identifier: MIT
"""A mailer that sends to the mail server of a test."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, TypeVar

from gs.profile.status.site.delivery import (
    Deferred,
    DeliveryResult,
    InDoubt,
    OutgoingMail,
    RecipientsRefused,
    Rejected,
    SmtpMailer,
    SmtpSettings,
)
from limits import LIMIT

from .authority import Authority
from .smtp import MailServer

Result = TypeVar("Result")

PASSWORD = "pässword-that-nobody-may-see"


class Clock:
    """A clock in seconds that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def mailing(
    server: MailServer, clock: Callable[[], float] | None = None, **settings: Any
) -> Iterator[SmtpMailer]:
    """Yield a mailer with these settings and a fixed clock by default."""
    values = {"security": "none", "timeout": LIMIT, "final_timeout": LIMIT} | settings
    there = SmtpSettings(server.host, server.port, bounces="bounces@example.org", **values)
    with closing(SmtpMailer(there, clock or Clock())) as mailer:
        yield mailer


def over_tls(authority: Authority, security: str = "starttls") -> dict[str, Any]:
    """Return the settings for a server with a certificate of *authority*."""
    return {"security": security, "ca_file": authority.pem}


def text_of(result: DeliveryResult) -> str:
    """Return the text of a *result* about the mail server; empty if the mail was accepted."""
    match result:
        case Deferred(reason) | InDoubt(reason):
            return reason
        case Rejected(reply):
            return reply
        case RecipientsRefused():
            return result.replies
        case _:
            return ""


def ends(mailer: SmtpMailer, kind: type[Result], mail: OutgoingMail, says: str = "") -> Result:
    """Deliver *mail*; check that the result has the *kind* and contains *says*; return it."""
    result = mailer.deliver(mail, "m1")
    assert isinstance(result, kind), result
    assert re.search(says, text_of(result)), result
    assert "example.org" not in text_of(result)
    assert PASSWORD not in text_of(result)
    return result

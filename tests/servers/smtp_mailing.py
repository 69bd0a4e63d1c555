# SPDX-License-Identifier: MIT
"""A mailer that hands its letters to the mail server of a test."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from gs.profile.status.site.delivery import SmtpMailer, SmtpSettings
from limits import LIMIT

from .authority import Authority
from .smtp import MailServer

PASSWORD = "pässword-that-nobody-may-see"


class Clock:
    """Goes as a test sets it, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def mailing(
    server: MailServer, clock: Callable[[], float] | None = None, **settings: Any
) -> Iterator[SmtpMailer]:
    """Yield a mailer with these settings, whose clock stands still if there is none."""
    values = {"security": "none", "timeout": LIMIT, "final_timeout": LIMIT} | settings
    there = SmtpSettings(server.host, server.port, bounces="bounces@example.org", **values)
    with closing(SmtpMailer(there, clock or Clock())) as mailer:
        yield mailer


def over_tls(authority: Authority, security: str = "starttls") -> dict[str, Any]:
    """Return the settings for a server that has its certificate from *authority*."""
    return {"security": security, "ca_file": authority.pem}

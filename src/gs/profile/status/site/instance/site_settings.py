# SPDX-License-Identifier: MIT
"""All that is set for a site, in one value."""

from dataclasses import dataclass, field
from pathlib import Path

from gs.profile.status.site.delivery.settings import SmtpSettings
from gs.profile.status.site.logs import Format, Level
from gs.profile.status.site.urls import Layout


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """How the site is served: on a socket at the path *unix*, where it is set, or *host*, *port*.

    Port 0 is any that is free. Where *log_format* is ``None`` it depends on the terminal.
    """

    host: str = "127.0.0.1"
    port: int = 0
    unix: Path | None = None
    log_format: Format | None = None
    log_level: Level = "info"


@dataclass(frozen=True, slots=True)
class SiteConfig:
    """What is set for a site.

    *database* is a SQLite file, or the URL of a PostgreSQL database, which may hold a password.
    *url* is where members reach this service, without a slash at the end; ``None``: at the URL
    of each site. *layout* is where the pages are that the e-mails link. *mail* is ``None`` for the
    Maildir folder of the site.
    """

    database: Path | str = field(repr=False)
    url: str | None = None
    layout: Layout = field(default_factory=Layout)
    mail: SmtpSettings | None = None
    service: ServiceSettings = field(default_factory=ServiceSettings)

    @property
    def many_processes(self) -> bool:
        """Whether several processes may serve the site at a time."""
        return isinstance(self.database, str)

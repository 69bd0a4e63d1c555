# SPDX-License-Identifier: MIT
"""What every task needs: settings, output, the local time, and a connection to the site."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime

from gs.profile.status.send.report.output import Output
from gs.profile.status.send.run.model import Run
from gs.profile.status.send.run.ports import Account
from gs.profile.status.send.settings.settings import Settings
from gs.profile.status.send.version import VERSION

TYPE_CHECKING = False  # for mypy; --status needs neither an HTTP client nor signals
if TYPE_CHECKING:
    from gs.profile.status.send.client import HttpSite
    from gs.profile.status.send.run.stop import Stop


@dataclass(frozen=True, slots=True)
class Task:
    """What to do, according to *settings*."""

    settings: Settings
    environment: Mapping[str, str]
    stdout: Output
    stderr: Output

    def write_json(self, accounts: Iterable[Account], **more: object) -> None:
        """Write the *accounts* as JSON, with *more* members."""
        from gs.profile.status.send.report.status import as_json

        settings = self.settings
        text = as_json(accounts, str(settings.site), str(settings.ledger), **more)
        self.stdout.line(text)


def local_now() -> datetime:
    """Return the time of this machine, in its zone."""
    return datetime.now().astimezone()


@contextmanager
def connected(settings: Settings, stop: "Stop", run: Run | None = None) -> "Iterator[HttpSite]":
    """Connect to the site of *settings* within the block, for a *run* if there is one."""
    from gs.profile.status.send.client import (
        CertificateAuthorities,
        ClientOptions,
        HttpSite,
        TransferLoop,
    )

    authorities = (
        CertificateAuthorities.of_file(settings.cacert)
        if settings.cacert
        else CertificateAuthorities.of_system()
    )
    options = ClientOptions(settings.timeout, f"sendprofile/{VERSION}", authorities)
    loop = TransferLoop(stop)
    with closing(HttpSite(settings.site, settings.token, options, loop, run)) as site:
        yield site

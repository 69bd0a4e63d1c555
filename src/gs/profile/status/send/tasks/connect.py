# SPDX-License-Identifier: MIT
"""The site that a task calls."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from gs.profile.status.send.client import (
    CertificateAuthorities,
    ClientOptions,
    HttpSite,
    TransferLoop,
)
from gs.profile.status.send.run.model import Run
from gs.profile.status.send.run.stop import Stop
from gs.profile.status.send.settings.settings import Settings
from gs.profile.status.send.version import VERSION


@contextmanager
def connected(settings: Settings, stop: Stop, run: Run | None = None) -> Iterator[HttpSite]:
    """Have the site of *settings* meanwhile, for a *run* if there is one."""
    trust = (
        CertificateAuthorities.in_(settings.cacert)
        if settings.cacert
        else CertificateAuthorities.in_system()
    )
    manner = ClientOptions(settings.timeout, f"sendprofile/{VERSION}", trust)
    loop = TransferLoop(stop)
    with closing(HttpSite(settings.site, settings.token, manner, loop, run)) as site:
        yield site

# SPDX-License-Identifier: MIT
"""Warns of what others can read or do where there is no TLS."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from gs.profile.status.site.instance import ServiceSettings

from .output import warn

_HOST: Final = (
    "whoever reaches {host} can reach the site, and without TLS read the token on its way: "
    "keep it behind a web server"
)
_URL: Final = (
    "{url} is without TLS: mail programs unsubscribe with one click at https alone, and others "
    "can read the links of a member on their way"
)


def warn_of_host(service: ServiceSettings) -> None:
    """Warn where the service listens beyond this machine."""
    if service.unix is None and not _is_loopback(service.host):
        warn(_HOST.format(host=service.host))


def warn_of_url(url: str | None) -> None:
    """Warn where members are to reach the service by http, but for a trial on one machine.

    RFC 8058 has one-click unsubscribing with https alone.
    """
    parts = urlsplit(url or "")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        warn(_URL.format(url=url))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

# SPDX-License-Identifier: MIT
"""Writes down what a site says of itself: its title, its address, its groups."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import Connection

from gs.profile.status.site.plaintext import one_line
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.sites import (
    SiteData,
    add_group,
    add_site,
    change_site,
    find_groups,
    find_sites,
)

_SITE_ID: Final = "lists"
_TITLE: Final = "Mailing lists"
_URL: Final = "https://lists.example.org"


class WhichSiteError(Exception):
    """There are several sites, and none was named; or there is none of the name."""


@dataclass(frozen=True, slots=True)
class Description:
    """What to say of a site, ``None`` where it is left as it is; *groups* are IDs and titles."""

    title: str | None = None
    url: str | None = None
    support: str | None = None
    groups: tuple[tuple[str, str], ...] = ()


def describe(connection: Connection, description: Description) -> SiteData:
    """Make the only site agree with *description*, and return it.

    Where there is no site yet it is made, with defaults for what is not said. A group that is
    there keeps its title. Raises :exc:`WhichSiteError`.
    """
    if not find_sites(connection):
        add_site(connection, _new_site(description))
    site = choose_site(connection)
    said = {
        "title": description.title and one_line(description.title),
        "url": description.url,
        "support_email": description.support,
    }
    change_site(connection, site.site_id, {name: text for name, text in said.items() if text})
    there = find_groups(connection)
    for group_id, title in description.groups:
        key = GroupKey(site.site_id, group_id)
        if key not in there:
            add_group(connection, key, one_line(title), site.address_of(group_id))
    return site


def choose_site(connection: Connection, site_id: str | None = None) -> SiteData:
    """Return the site of that ID, or the only one; raises :exc:`WhichSiteError`."""
    sites = find_sites(connection)
    chosen = [site for site in sites if site_id in {None, site.site_id}]
    if len(chosen) != 1:
        raise WhichSiteError(", ".join(site.site_id for site in sites))
    return chosen[0]


def _new_site(description: Description) -> SiteData:
    url = description.url or _URL
    return SiteData(
        site_id=_SITE_ID,
        title=one_line(description.title or _TITLE),
        url=url,
        support_email=description.support or f"support@{urlsplit(url).hostname}",
    )

# SPDX-License-Identifier: MIT
"""What the store knows of the sites of the instance, and of which groups they have."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert, select, update

from .groups import GroupKey
from .tables import GROUP, SITE


@dataclass(frozen=True, slots=True)
class SiteData:
    """What a site says of itself."""

    site_id: str
    title: str
    url: str
    support_email: str

    @property
    def host(self) -> str:
        """The host of its URL."""
        return urlsplit(self.url).hostname or ""

    def address_of(self, group_id: str) -> str:
        """Return the e-mail address of a group: it is at the host of the site."""
        return f"{group_id}@{self.host}"


def find_sites(connection: Connection) -> list[SiteData]:
    """Return all sites, those that are skipped too, by their IDs."""
    query = select(SITE.c.site_id, SITE.c.title, SITE.c.url, SITE.c.support_email)
    return [SiteData(*row) for row in connection.execute(query.order_by(SITE.c.site_id))]


def add_site(connection: Connection, site: SiteData) -> None:
    """Add a site."""
    row = {
        "site_id": site.site_id,
        "title": site.title,
        "url": site.url,
        "support_email": site.support_email,
    }
    connection.execute(insert(SITE), row)


def change_site(connection: Connection, site_id: str, values: Mapping[str, str]) -> None:
    """Set columns of a site to other *values*."""
    if values:
        connection.execute(update(SITE).where(SITE.c.site_id == site_id), dict(values))


def find_groups(connection: Connection) -> set[GroupKey]:
    """Return which groups there are."""
    rows = connection.execute(select(GROUP.c.site_id, GROUP.c.group_id))
    return {GroupKey(row.site_id, row.group_id) for row in rows}


def add_group(connection: Connection, key: GroupKey, title: str, email: str) -> None:
    """Add a group that everybody can see."""
    row = {"site_id": key.site_id, "group_id": key.group_id, "title": title, "email": email}
    connection.execute(insert(GROUP), row)

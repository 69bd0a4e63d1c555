# SPDX-License-Identifier: MIT
"""The sites of the instance and their groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from gs.profile.status.site.model import Author

from .tables import GROUP, MEMBERSHIP, PERSON, SITE


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What names a group: its own ID is unique within its site alone."""

    site_id: str
    group_id: str


@dataclass(frozen=True, slots=True)
class GroupData:
    """What a group is: its privacy is ``public``, ``private`` or ``secret``."""

    title: str
    privacy: str
    email: str
    site_url: str
    member_count: int


def find_group(connection: Connection, key: GroupKey) -> GroupData | None:
    """Return a group's own data; ``None`` where there is no such group."""
    members = select(func.count()).select_from(MEMBERSHIP).where(_in_group(key))
    query = (
        select(
            GROUP.c.title, GROUP.c.privacy, GROUP.c.email, SITE.c.url, members.scalar_subquery()
        )
        .join(SITE)
        .where(GROUP.c.site_id == key.site_id, GROUP.c.group_id == key.group_id)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else GroupData(*row)


def find_faces(connection: Connection, key: GroupKey, limit: int) -> tuple[Author, ...]:
    """Return up to *limit* members of a group, those with a photo first, then by ID."""
    query = (
        select(PERSON.c.user_id, PERSON.c.name, PERSON.c.photo)
        .join(MEMBERSHIP, MEMBERSHIP.c.user_id == PERSON.c.user_id)
        .where(_in_group(key))
        .order_by(PERSON.c.photo.is_(None), PERSON.c.user_id)
        .limit(limit)
    )
    return tuple(Author(*row) for row in connection.execute(query))


def find_names(connection: Connection, key: GroupKey, limit: int) -> list[str]:
    """Return the names of up to *limit* members of a group."""
    query = (
        select(PERSON.c.name)
        .join(MEMBERSHIP, MEMBERSHIP.c.user_id == PERSON.c.user_id)
        .where(_in_group(key))
        .order_by(PERSON.c.user_id)
        .limit(limit)
    )
    return list(connection.scalars(query))


def _in_group(key: GroupKey) -> ColumnElement[bool]:
    return and_(MEMBERSHIP.c.site_id == key.site_id, MEMBERSHIP.c.group_id == key.group_id)


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


def find_support_email(connection: Connection) -> str:
    """Return the support address of the first site, by ID; empty where there is no site."""
    query = select(SITE.c.support_email).order_by(SITE.c.skipped, SITE.c.site_id).limit(1)
    return connection.scalar(query) or ""

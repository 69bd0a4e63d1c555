# SPDX-License-Identifier: MIT
"""The sites of the instance and their groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, select, update

from gs.profile.status.site.model import Author

from .tables import GROUP, MEMBERSHIP, PERSON, SITE


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


@dataclass(frozen=True, slots=True)
class GroupKey:
    """The identity of a group: its own ID is unique only within its site."""

    site_id: str
    group_id: str


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A group to add: its privacy is ``public``, ``private`` or ``secret``."""

    key: GroupKey
    title: str
    email: str
    privacy: str = "public"


@dataclass(frozen=True, slots=True)
class GroupData:
    """A group that exists, with the URL of its site and the number of its members."""

    title: str
    privacy: str
    email: str
    site_url: str
    member_count: int


def find_sites(connection: Connection) -> list[SiteData]:
    """Return all sites, skipped ones too, ordered by ID."""
    query = select(SITE.c.site_id, SITE.c.title, SITE.c.url, SITE.c.support_email)
    return [SiteData(*row) for row in connection.execute(query.order_by(SITE.c.site_id))]


def find_support_email(connection: Connection) -> str:
    """Return the support address of the first site by ID, or an empty text without a site."""
    query = select(SITE.c.support_email).order_by(SITE.c.skipped, SITE.c.site_id).limit(1)
    return connection.scalar(query) or ""


def add_site(connection: Connection, site: SiteData, news: str | None = None) -> None:
    """Add a site; its *news* is trusted HTML."""
    connection.execute(insert(SITE), {"site_id": site.site_id, "news": news, **_description(site)})


def update_site_data(connection: Connection, site: SiteData) -> None:
    """Write what an existing site says of itself."""
    connection.execute(update(SITE).where(SITE.c.site_id == site.site_id), _description(site))


def find_groups(connection: Connection) -> set[GroupKey]:
    """Return the keys of all groups."""
    rows = connection.execute(select(GROUP.c.site_id, GROUP.c.group_id))
    return {GroupKey(row.site_id, row.group_id) for row in rows}


def add_groups(connection: Connection, groups: Sequence[NewGroup]) -> None:
    """Add groups; none of them may exist."""
    rows = [
        {
            "site_id": group.key.site_id,
            "group_id": group.key.group_id,
            "title": group.title,
            "privacy": group.privacy,
            "email": group.email,
        }
        for group in groups
    ]
    if rows:
        connection.execute(insert(GROUP), rows)


def find_group(connection: Connection, key: GroupKey) -> GroupData | None:
    """Return the data of a group, or ``None`` if it does not exist."""
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
    """Return up to *limit* members of a group: those with a photo first, then by ID."""
    query = _members(key, limit).order_by(PERSON.c.photo.is_(None), PERSON.c.user_id)
    return tuple(Author(*row) for row in connection.execute(query))


def find_names(connection: Connection, key: GroupKey, limit: int) -> list[str]:
    """Return the names of up to *limit* members of a group."""
    query = _members(key, limit).order_by(PERSON.c.user_id)
    return list(connection.scalars(query.with_only_columns(PERSON.c.name)))


def _description(site: SiteData) -> dict[str, str]:
    return {"title": site.title, "url": site.url, "support_email": site.support_email}


def _members(key: GroupKey, limit: int) -> Select[Any]:
    return (
        select(PERSON.c.user_id, PERSON.c.name, PERSON.c.photo)
        .join(MEMBERSHIP, MEMBERSHIP.c.user_id == PERSON.c.user_id)
        .where(_in_group(key))
        .limit(limit)
    )


def _in_group(key: GroupKey) -> ColumnElement[bool]:
    return and_(MEMBERSHIP.c.site_id == key.site_id, MEMBERSHIP.c.group_id == key.group_id)

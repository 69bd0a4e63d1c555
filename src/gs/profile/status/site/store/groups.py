# SPDX-License-Identifier: MIT
"""What the store knows of a group: its own data, and its members as others see them."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, select

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

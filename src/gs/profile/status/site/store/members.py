# SPDX-License-Identifier: MIT
"""What the store knows of members: who is listed, and one member's person, groups, addresses."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, exists, func, select

from gs.profile.status.site.summary import Addresses, Delivery, Site

from .tables import (
    EMAIL_SETTING,
    MEMBERSHIP,
    PERSON,
    PROFILE_NOTIFICATION_SKIP,
    SITE,
    USER_EMAIL,
)


@dataclass(frozen=True, slots=True)
class Person:
    """A person, with what decides about mail to them."""

    user_id: str
    name: str
    biography: str
    photo: str | None
    logged_in: bool
    opted_out: bool
    deliverable: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member is: a group of a site, or the site itself where the group is empty."""

    site: Site
    group_id: str
    administrator: bool
    delivery: Delivery


def list_members(connection: Connection, after: str, limit: int) -> list[str]:
    """Return the next *limit* IDs, in their order, *after* the one given (first: an empty one)."""
    query = (
        select(MEMBERSHIP.c.user_id)
        .distinct()
        .join(SITE)
        .where(SITE.c.skipped.is_(False), MEMBERSHIP.c.user_id > after)
        .order_by(MEMBERSHIP.c.user_id)
        .limit(limit)
    )
    return list(connection.scalars(query))


def count_members(connection: Connection) -> int:
    """Return how many members are listed."""
    members = func.count(MEMBERSHIP.c.user_id.distinct())
    query = select(members).join(SITE).where(SITE.c.skipped.is_(False))
    return connection.scalar(query) or 0


def find_person(connection: Connection, user_id: str) -> Person | None:
    """Return the person of that ID, ``None`` where there is nobody."""
    opted_out = exists().where(PROFILE_NOTIFICATION_SKIP.c.user_id == PERSON.c.user_id)
    deliverable = exists().where(
        USER_EMAIL.c.user_id == PERSON.c.user_id,
        USER_EMAIL.c.is_preferred,
        USER_EMAIL.c.verified_date.is_not(None),
    )
    query = select(
        PERSON.c.user_id,
        PERSON.c.name,
        PERSON.c.biography,
        PERSON.c.photo,
        PERSON.c.logged_in,
        opted_out,
        deliverable,
    ).where(PERSON.c.user_id == user_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Person(*row)


def find_places(connection: Connection, user_id: str) -> list[Place]:
    """Return all places of a member on the sites that are not skipped, in a fixed order."""
    setting = and_(
        EMAIL_SETTING.c.user_id == MEMBERSHIP.c.user_id,
        EMAIL_SETTING.c.site_id == MEMBERSHIP.c.site_id,
        EMAIL_SETTING.c.group_id == MEMBERSHIP.c.group_id,
    )
    query = (
        select(SITE, MEMBERSHIP.c.group_id, MEMBERSHIP.c.role, EMAIL_SETTING.c.setting)
        .select_from(MEMBERSHIP.join(SITE).outerjoin(EMAIL_SETTING, setting))
        .where(MEMBERSHIP.c.user_id == user_id, SITE.c.skipped.is_(False))
        .order_by(SITE.c.title, SITE.c.site_id, MEMBERSHIP.c.group_id)
    )
    return [
        Place(
            Site(row.site_id, row.title, row.url, row.support_email, row.news),
            row.group_id,
            row.role == "admin",
            _delivery(row.setting),
        )
        for row in connection.execute(query)
    ]


def find_addresses(connection: Connection, user_id: str) -> Addresses:
    """Return the addresses of a member, each kind in alphabetical order."""
    query = select(USER_EMAIL).where(USER_EMAIL.c.user_id == user_id).order_by(USER_EMAIL.c.email)
    rows = connection.execute(query).all()
    verified = [row for row in rows if row.verified_date is not None]
    return Addresses(
        preferred=tuple(row.email for row in verified if row.is_preferred),
        other=tuple(row.email for row in verified if not row.is_preferred),
        unverified=tuple(row.email for row in rows if row.verified_date is None),
    )


def _delivery(setting: str | None) -> Delivery:
    # A setting of another version of GroupServer means mail, as no setting does.
    known = {delivery.value: delivery for delivery in Delivery}
    return known.get(setting, Delivery.EACH_POST)

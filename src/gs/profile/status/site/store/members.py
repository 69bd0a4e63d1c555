# SPDX-License-Identifier: MIT
"""The members: the list of their IDs, their memberships and addresses, who opted out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeAlias

from sqlalchemy import (
    BindParameter,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from gs.profile.status.site.addresses import fold
from gs.profile.status.site.model import Addresses, EmailSetting, SiteInfo

from .tables import (
    EMAIL_SETTING,
    GROUP,
    MEMBERSHIP,
    PERSON,
    PROFILE_NOTIFICATION_SKIP,
    SITE,
    UNDELIVERABLE_EMAIL,
    USER_EMAIL,
)


class RefusedAddress(Protocol):
    """An address that a mail server refused, with the reply of the server."""

    @property
    def address(self) -> str:
        """The address, in whatever case."""

    @property
    def reply(self) -> str:
        """The reply of the mail server."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person: the language is a BCP 47 tag, the time zone a name of the IANA database."""

    user_id: str
    name: str
    biography: str
    photo: str | None
    language: str
    timezone: str
    logged_in: bool
    opted_out: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A membership: of a group of a site, or of the site itself if *group_id* is empty."""

    site: SiteInfo
    group_id: str
    administrator: bool
    delivery: EmailSetting


def list_members(connection: Connection, after: str, limit: int) -> list[str]:
    """Return the next IDs of members, by code point, *after* the given ID (first: an empty one).

    The list has at most *limit* IDs; it is empty only at the end. Members who opted out, and
    members of skipped sites alone, are not in it.
    """
    while ids := list(connection.scalars(_LIST, {"after": after, "limit": limit})):
        between = {"after": after, "last": ids[-1]}
        opted_out = set(connection.scalars(_OPTED_OUT, between))
        if listed := [one for one in dict.fromkeys(ids) if one not in opted_out]:
            return listed
        after = ids[-1]
    return []


def count_members(connection: Connection) -> int:
    """Return how many members :func:`list_members` lists."""
    return connection.scalar(_COUNT) or 0


def find_people(connection: Connection, user_ids: Sequence[str]) -> dict[str, Person]:
    """Return the people with these IDs that exist, by ID."""
    rows = connection.execute(_PEOPLE, {"ids": user_ids})
    return {row[0]: Person(*row) for row in rows}


def find_places_of(connection: Connection, user_ids: Sequence[str]) -> dict[str, list[Place]]:
    """Return the memberships of each member on sites that are not skipped, in a fixed order.

    Places on the same site share one :class:`.SiteInfo`. A group that does not exist is left out.
    """
    rows = connection.execute(_PLACES, {"ids": user_ids}).all()
    sites = _find_sites(connection, {row[1] for row in rows})
    places: dict[str, list[Place]] = {}
    for user_id, site_id, group_id, role, setting in rows:
        if site := sites.get(site_id):
            # A setting of another version of GroupServer means mail, as no setting does.
            delivery = _DELIVERIES.get(setting, EmailSetting.EACH_POST)
            place = Place(site, group_id, role == "admin", delivery)
            places.setdefault(user_id, []).append(place)
    return places


def find_addresses_of(connection: Connection, user_ids: Sequence[str]) -> dict[str, Addresses]:
    """Return the addresses of each member who has one, each kind in alphabetical order."""
    kinds: dict[str, _Kinds] = {}
    for user_id, email, preferred, verified, refused in connection.execute(
        _ADDRESSES, {"ids": user_ids}
    ):
        kind = _kind(verified=verified, preferred=preferred, refused=refused)
        kinds.setdefault(user_id, ([], [], [], []))[kind].append(email)
    return {user_id: Addresses(*map(tuple, lists)) for user_id, lists in kinds.items()}


def opt_out(connection: Connection, user_id: str) -> bool:
    """Record that a member wants no notification; return whether that is new."""
    result = connection.execute(
        _OPT_OUT[connection.dialect.name],
        {"user_id": user_id},
        execution_options={"preserve_rowcount": True},
    )
    return result.rowcount > 0


def opt_in(connection: Connection, user_id: str) -> bool:
    """Record that a member who opted out wants notifications; return whether that is new."""
    skip = PROFILE_NOTIFICATION_SKIP
    return connection.execute(delete(skip).where(skip.c.user_id == user_id)).rowcount > 0


def mark_undeliverable(
    connection: Connection, refused: Iterable[RefusedAddress], moment: datetime
) -> None:
    """Record that addresses were *refused*; the first reply for an address is kept."""
    rows = [
        {"email": fold(one.address), "since": moment, "reply": one.reply[:_LONGEST_REPLY]}
        for one in sorted(refused, key=lambda one: fold(one.address))
    ]
    if rows:
        connection.execute(_MARK[connection.dialect.name], rows)


def _find_sites(connection: Connection, site_ids: set[str]) -> dict[str, SiteInfo]:
    if not site_ids:
        return {}
    rows = connection.execute(_SITES, {"ids": list(site_ids)})
    return {row[0]: SiteInfo(*row) for row in rows}


def _kind(*, verified: bool, preferred: bool, refused: bool) -> int:
    # The index of the kind among the fields of Addresses.
    if not verified:
        return 2
    if not preferred:
        return 1
    return 3 if refused else 0


# Characters of a reply that are kept: a server may send any number.
_LONGEST_REPLY: Final = 500
_Kinds: TypeAlias = tuple[list[str], list[str], list[str], list[str]]

_DELIVERIES: Final = {delivery.value: delivery for delivery in EmailSetting}
_IDS: Final[BindParameter[Sequence[str]]] = bindparam("ids", expanding=True)
_MEMBER: Final = MEMBERSHIP.c
_PERSON: Final = PERSON.c
_SKIP: Final = PROFILE_NOTIFICATION_SKIP.c

_IS_SHOWN: Final = _MEMBER.site_id.not_in(select(SITE.c.site_id).where(SITE.c.skipped))
# This query is so plain that every database reads the primary key in its order. For a distinct
# one, or one without the members who opted out, PostgreSQL reads the whole table.
_LIST: Final = (
    select(_MEMBER.user_id)
    .where(_MEMBER.user_id > bindparam("after"), _IS_SHOWN)
    .order_by(_MEMBER.user_id)
    .limit(bindparam("limit"))
)
_OPTED_OUT: Final = select(_SKIP.user_id).where(
    _SKIP.user_id > bindparam("after"), _SKIP.user_id <= bindparam("last")
)
_COUNT: Final = select(func.count(_MEMBER.user_id.distinct())).where(
    _IS_SHOWN, ~exists().where(_SKIP.user_id == _MEMBER.user_id)
)
_OPT_OUT: Final = {
    "sqlite": sqlite.insert(PROFILE_NOTIFICATION_SKIP).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(PROFILE_NOTIFICATION_SKIP).on_conflict_do_nothing(),
}
_MARK: Final = {
    "sqlite": sqlite.insert(UNDELIVERABLE_EMAIL).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(UNDELIVERABLE_EMAIL).on_conflict_do_nothing(),
}
_PEOPLE: Final = select(
    _PERSON.user_id,
    _PERSON.name,
    _PERSON.biography,
    _PERSON.photo,
    _PERSON.language,
    _PERSON.timezone,
    _PERSON.logged_in,
    exists().where(_SKIP.user_id == _PERSON.user_id),
).where(_PERSON.user_id.in_(_IDS))
_PLACES: Final = (
    select(
        _MEMBER.user_id,
        _MEMBER.site_id,
        _MEMBER.group_id,
        _MEMBER.role,
        EMAIL_SETTING.c.setting,
    )
    .select_from(
        MEMBERSHIP.outerjoin(
            EMAIL_SETTING,
            and_(
                EMAIL_SETTING.c.user_id == _MEMBER.user_id,
                EMAIL_SETTING.c.site_id == _MEMBER.site_id,
                EMAIL_SETTING.c.group_id == _MEMBER.group_id,
            ),
        ).outerjoin(
            GROUP,
            and_(
                GROUP.c.site_id == _MEMBER.site_id,
                GROUP.c.group_id == _MEMBER.group_id,
            ),
        )
    )
    .where(_MEMBER.user_id.in_(_IDS), or_(_MEMBER.group_id == "", GROUP.c.group_id.is_not(None)))
    .order_by(_MEMBER.user_id, _MEMBER.site_id, _MEMBER.group_id)
)
_SITES: Final = select(
    SITE.c.site_id, SITE.c.title, SITE.c.url, SITE.c.support_email, SITE.c.news
).where(SITE.c.site_id.in_(_IDS), SITE.c.skipped.is_(False))
_ADDRESSES: Final = (
    select(
        USER_EMAIL.c.user_id,
        USER_EMAIL.c.email,
        USER_EMAIL.c.is_preferred,
        USER_EMAIL.c.verified_date.is_not(None),
        UNDELIVERABLE_EMAIL.c.email.is_not(None),
    )
    .select_from(
        USER_EMAIL.outerjoin(
            UNDELIVERABLE_EMAIL, UNDELIVERABLE_EMAIL.c.email == func.lower(USER_EMAIL.c.email)
        )
    )
    .where(USER_EMAIL.c.user_id.in_(_IDS))
    .order_by(USER_EMAIL.c.email)
)

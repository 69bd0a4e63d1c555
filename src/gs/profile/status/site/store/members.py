# SPDX-License-Identifier: MIT
"""The members: who is listed, their persons, memberships and addresses."""

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
    """An address that a mail server refused, with the server's own words."""

    @property
    def address(self) -> str:
        """The address, in whatever case."""

    @property
    def reply(self) -> str:
        """What the mail server said."""


def mark_undeliverable(
    connection: Connection, refused: Iterable[RefusedAddress], moment: datetime
) -> None:
    """Write down which addresses were *refused*; what was said the first time stays."""
    rows = [
        {"email": fold(one.address), "since": moment, "reply": one.reply[:_LONGEST_REPLY]}
        for one in sorted(refused, key=lambda one: fold(one.address))
    ]
    if rows:
        connection.execute(_MARK[connection.dialect.name], rows)


#: Characters of a reply that are kept: a server may say as much as it likes.
_LONGEST_REPLY: Final = 500
_MARK: Final = {
    "sqlite": sqlite.insert(UNDELIVERABLE_EMAIL).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(UNDELIVERABLE_EMAIL).on_conflict_do_nothing(),
}


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
    """Where a member is: a group of a site, or the site itself where the group is empty."""

    site: SiteInfo
    group_id: str
    administrator: bool
    delivery: EmailSetting


def list_members(connection: Connection, after: str, limit: int) -> list[str]:
    """Return the next IDs, by code point, *after* the one given (first: an empty one).

    There are *limit* at most, and none at the end alone. Who is on skipped sites alone is not
    listed, nor is who opted out.
    """
    while ids := list(connection.scalars(_LIST, {"after": after, "limit": limit})):
        between = {"after": after, "last": ids[-1]}
        opted_out = set(connection.scalars(_OPTED_OUT, between))
        if listed := [one for one in dict.fromkeys(ids) if one not in opted_out]:
            return listed
        after = ids[-1]
    return []


def count_members(connection: Connection) -> int:
    """Return how many members are listed."""
    return connection.scalar(_COUNT) or 0


def opt_out(connection: Connection, user_id: str) -> bool:
    """Send no notification to a member any more; return whether that is new."""
    told = connection.execute(
        _OPT_OUT[connection.dialect.name],
        {"user_id": user_id},
        execution_options={"preserve_rowcount": True},
    )
    return told.rowcount > 0


def opt_in(connection: Connection, user_id: str) -> bool:
    """Send notifications to a member who opted out; return whether that is new."""
    skip = PROFILE_NOTIFICATION_SKIP
    return connection.execute(delete(skip).where(skip.c.user_id == user_id)).rowcount > 0


def find_people(connection: Connection, user_ids: Sequence[str]) -> dict[str, Person]:
    """Return the persons who have these IDs, by ID; who is not there is nobody."""
    rows = connection.execute(_PEOPLE, {"ids": user_ids})
    return {row[0]: Person(*row) for row in rows}


def find_places_of(connection: Connection, user_ids: Sequence[str]) -> dict[str, list[Place]]:
    """Return the places of each member on the sites that are not skipped, in a fixed order.

    Places on the same site have the same :class:`.SiteInfo`. A group that is not there is no
    place.
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
    """Return the addresses of each member who has any, each kind in alphabetical order.

    Those that a member has for one group count for the posts of that group alone.
    """
    kinds: dict[str, _Kinds] = {}
    for user_id, email, preferred, verified, refused in connection.execute(
        _ADDRESSES, {"ids": user_ids}
    ):
        kind = _kind(verified=verified, preferred=preferred, refused=refused)
        kinds.setdefault(user_id, ([], [], [], []))[kind].append(email)
    return {user_id: Addresses(*map(tuple, lists)) for user_id, lists in kinds.items()}


def _find_sites(connection: Connection, site_ids: set[str]) -> dict[str, SiteInfo]:
    if not site_ids:
        return {}
    rows = connection.execute(_SITES, {"ids": list(site_ids)})
    return {row[0]: SiteInfo(*row) for row in rows}


def _kind(*, verified: bool, preferred: bool, refused: bool) -> int:
    # The place of the kind in Addresses.
    if not verified:
        return 2
    if not preferred:
        return 1
    return 3 if refused else 0


_Kinds: TypeAlias = tuple[list[str], list[str], list[str], list[str]]

_DELIVERIES: Final = {delivery.value: delivery for delivery in EmailSetting}
_IDS: Final[BindParameter[Sequence[str]]] = bindparam("ids", expanding=True)
_MEMBER: Final = MEMBERSHIP.c
_PERSON: Final = PERSON.c
_SKIP: Final = PROFILE_NOTIFICATION_SKIP.c

_IS_SHOWN: Final = _MEMBER.site_id.not_in(select(SITE.c.site_id).where(SITE.c.skipped))
# So plain that it comes off the primary key in its order, whatever the database thinks of the
# table: for one that is distinct, or leaves out who opted out, PostgreSQL reads all of the table.
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

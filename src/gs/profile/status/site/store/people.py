# SPDX-License-Identifier: MIT
"""Reads and writes many people at once: what they are, their addresses, their memberships."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Connection,
    Table,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)

from gs.profile.status.site.addresses import fold
from gs.profile.status.site.model import EmailSetting

from .groups import GroupKey
from .tables import EMAIL_SETTING, MEMBERSHIP, PERSON, USER_EMAIL


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person: the language is a BCP 47 tag, the time zone a name of the IANA database.

    Who has never *logged_in* is asked to reset the password.
    """

    user_id: str
    name: str
    language: str = "en"
    timezone: str = "UTC"
    biography: str = ""
    logged_in: bool = True


@dataclass(frozen=True, slots=True)
class AddressRow:
    """An address as its owner writes it; *verified* is when it was verified, if ever."""

    user_id: str
    email: str
    preferred: bool
    verified: datetime | None


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """A membership of a group, or of a site where the ID of the group is empty."""

    user_id: str
    key: GroupKey
    role: str


@dataclass(frozen=True, slots=True)
class EmailSettingRow:
    """How a member gets the posts of a group, if not one by one."""

    user_id: str
    key: GroupKey
    delivery: EmailSetting


def find_person_rows(connection: Connection, ids: Collection[str]) -> dict[str, PersonRow]:
    """Return the people with these IDs that exist, by ID."""
    rows = connection.execute(_PEOPLE, {"ids": list(ids)})
    return {row[0]: PersonRow(*row) for row in rows}


def find_address_rows(
    connection: Connection, ids: Collection[str], emails: Collection[str]
) -> list[AddressRow]:
    """Return the addresses of these people, and these addresses, whoever owns them."""
    values = {"ids": list(ids), "emails": [fold(email) for email in emails]}
    return [AddressRow(*row) for row in connection.execute(_ADDRESSES, values)]


def find_memberships(connection: Connection, ids: Collection[str]) -> list[MembershipRow]:
    """Return the memberships of these people."""
    rows = connection.execute(_MEMBERSHIPS, {"ids": list(ids)})
    return [
        MembershipRow(user_id, GroupKey(site, group), role) for user_id, site, group, role in rows
    ]


def add_people(connection: Connection, people: Collection[PersonRow]) -> None:
    """Add people; none of them may exist."""
    rows = [
        {
            "user_id": one.user_id,
            **_names(one),
            "biography": one.biography,
            "logged_in": one.logged_in,
        }
        for one in people
    ]
    _insert(connection, PERSON, rows)


def update_people(connection: Connection, people: Collection[PersonRow]) -> None:
    """Write the names, languages and time zones of people that exist, and nothing else."""
    if people:
        values = [{"person": one.user_id, **_names(one)} for one in people]
        connection.execute(_UPDATE_PERSON, values)


def add_addresses(connection: Connection, addresses: Collection[AddressRow]) -> None:
    """Add addresses; none of them may exist, in whatever case."""
    rows = [{"user_id": one.user_id, "email": one.email, **_state(one)} for one in addresses]
    _insert(connection, USER_EMAIL, rows)


def update_addresses(connection: Connection, addresses: Collection[AddressRow]) -> None:
    """Write whether addresses that exist are preferred, and when they were verified."""
    if addresses:
        values = [{"address": one.email, **_state(one)} for one in addresses]
        connection.execute(_UPDATE_ADDRESS, values)


def add_memberships(connection: Connection, memberships: Collection[MembershipRow]) -> None:
    """Add memberships; none of them may exist."""
    rows = [{"user_id": one.user_id, **_place(one.key), "role": one.role} for one in memberships]
    _insert(connection, MEMBERSHIP, rows)


def update_roles(connection: Connection, memberships: Collection[MembershipRow]) -> None:
    """Write the roles of memberships that exist."""
    if memberships:
        values = [
            {
                "person": one.user_id,
                "site": one.key.site_id,
                "group": one.key.group_id,
                "role": one.role,
            }
            for one in memberships
        ]
        connection.execute(_UPDATE_ROLE, values)


def add_email_settings(connection: Connection, settings: Collection[EmailSettingRow]) -> None:
    """Add settings; none of these members may have one for the group."""
    rows = [
        {"user_id": one.user_id, **_place(one.key), "setting": one.delivery.value}
        for one in settings
    ]
    _insert(connection, EMAIL_SETTING, rows)


def _insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _names(one: PersonRow) -> dict[str, str]:
    return {"name": one.name, "language": one.language, "timezone": one.timezone}


def _state(one: AddressRow) -> dict[str, Any]:
    return {"is_preferred": one.preferred, "verified_date": one.verified}


def _place(key: GroupKey) -> dict[str, str]:
    return {"site_id": key.site_id, "group_id": key.group_id}


_IDS: Final[BindParameter[str]] = bindparam("ids", expanding=True)
_PEOPLE: Final = select(
    PERSON.c.user_id,
    PERSON.c.name,
    PERSON.c.language,
    PERSON.c.timezone,
    PERSON.c.biography,
    PERSON.c.logged_in,
).where(PERSON.c.user_id.in_(_IDS))
_ADDRESSES: Final = select(
    USER_EMAIL.c.user_id,
    USER_EMAIL.c.email,
    USER_EMAIL.c.is_preferred,
    USER_EMAIL.c.verified_date,
).where(
    or_(
        USER_EMAIL.c.user_id.in_(_IDS),
        func.lower(USER_EMAIL.c.email).in_(bindparam("emails", expanding=True)),
    )
)
_MEMBERSHIPS: Final = select(
    MEMBERSHIP.c.user_id, MEMBERSHIP.c.site_id, MEMBERSHIP.c.group_id, MEMBERSHIP.c.role
).where(MEMBERSHIP.c.user_id.in_(_IDS))
_UPDATE_PERSON: Final = update(PERSON).where(PERSON.c.user_id == bindparam("person"))
_UPDATE_ADDRESS: Final = update(USER_EMAIL).where(USER_EMAIL.c.email == bindparam("address"))
_UPDATE_ROLE: Final = update(MEMBERSHIP).where(
    and_(
        MEMBERSHIP.c.user_id == bindparam("person"),
        MEMBERSHIP.c.site_id == bindparam("site"),
        MEMBERSHIP.c.group_id == bindparam("group"),
    )
)

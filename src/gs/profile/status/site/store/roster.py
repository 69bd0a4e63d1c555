# SPDX-License-Identifier: MIT
"""Reads and writes many people at once: who they are, their addresses, where they are members."""

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

from .groups import GroupKey
from .tables import MEMBERSHIP, PERSON, USER_EMAIL

_IDS: Final[BindParameter[str]] = bindparam("ids", expanding=True)
_NAMED: Final = select(
    PERSON.c.user_id, PERSON.c.name, PERSON.c.language, PERSON.c.timezone
).where(PERSON.c.user_id.in_(_IDS))
_ADDRESSED: Final = select(
    USER_EMAIL.c.user_id,
    USER_EMAIL.c.email,
    USER_EMAIL.c.is_preferred,
    USER_EMAIL.c.verified_date.is_not(None),
).where(
    or_(
        USER_EMAIL.c.user_id.in_(_IDS),
        func.lower(USER_EMAIL.c.email).in_(bindparam("emails", expanding=True)),
    )
)
_PLACED: Final = select(
    MEMBERSHIP.c.user_id, MEMBERSHIP.c.site_id, MEMBERSHIP.c.group_id, MEMBERSHIP.c.role
).where(MEMBERSHIP.c.user_id.in_(_IDS))
_CHANGE_PERSON: Final = update(PERSON).where(PERSON.c.user_id == bindparam("who"))
_CHANGE_ADDRESS: Final = update(USER_EMAIL).where(USER_EMAIL.c.email == bindparam("which"))
_CHANGE_ROLE: Final = update(MEMBERSHIP).where(
    and_(
        MEMBERSHIP.c.user_id == bindparam("who"),
        MEMBERSHIP.c.site_id == bindparam("site"),
        MEMBERSHIP.c.group_id == bindparam("group"),
    )
)


@dataclass(slots=True)
class NamedPerson:
    """Who somebody is, in which language, and where."""

    user_id: str
    name: str
    language: str
    timezone: str


@dataclass(slots=True)
class OwnedAddress:
    """An address, as it is written, and whose it is."""

    user_id: str
    email: str
    preferred: bool
    verified: bool


def find_named(connection: Connection, ids: Collection[str]) -> dict[str, NamedPerson]:
    """Return the people of these IDs that there are, by ID."""
    rows = connection.execute(_NAMED, {"ids": list(ids)})
    return {row[0]: NamedPerson(*row) for row in rows}


def find_owned(
    connection: Connection, ids: Collection[str], emails: Collection[str]
) -> list[OwnedAddress]:
    """Return the addresses of these people, and these addresses, whoever has them."""
    values = {"ids": list(ids), "emails": [fold(email) for email in emails]}
    return [OwnedAddress(*row) for row in connection.execute(_ADDRESSED, values)]


def find_roles(connection: Connection, ids: Collection[str]) -> dict[tuple[str, GroupKey], str]:
    """Return the roles of these people, by ID and place: the group of a site itself is empty."""
    rows = connection.execute(_PLACED, {"ids": list(ids)})
    return {(user_id, GroupKey(site, group)): role for user_id, site, group, role in rows}


def write_people(
    connection: Connection, new: Sequence[NamedPerson], changed: Sequence[NamedPerson]
) -> None:
    """Add people, and change others."""
    # A file does not know who has logged in; nobody is sent to reset a password.
    rows = [{"user_id": one.user_id, **_named(one), "logged_in": True} for one in new]
    _insert(connection, PERSON, rows)
    if changed:
        connection.execute(
            _CHANGE_PERSON, [{"who": one.user_id, **_named(one)} for one in changed]
        )


def add_addresses(connection: Connection, new: Sequence[OwnedAddress], moment: datetime) -> None:
    """Add addresses that are verified, at that moment."""
    rows = [
        {
            "user_id": one.user_id,
            "email": one.email,
            "is_preferred": one.preferred,
            "verified_date": moment,
        }
        for one in new
    ]
    _insert(connection, USER_EMAIL, rows)


def prefer_addresses(connection: Connection, addresses: Sequence[OwnedAddress]) -> None:
    """Write down whether these addresses are preferred."""
    if addresses:
        values = [{"which": one.email, "is_preferred": one.preferred} for one in addresses]
        connection.execute(_CHANGE_ADDRESS, values)


def verify_addresses(connection: Connection, emails: Sequence[str], moment: datetime) -> None:
    """Write down that these addresses, as they are written, were verified at that moment."""
    if emails:
        values = [{"which": email, "verified_date": moment} for email in emails]
        connection.execute(_CHANGE_ADDRESS, values)


def write_roles(
    connection: Connection,
    new: Mapping[tuple[str, GroupKey], str],
    changed: Mapping[tuple[str, GroupKey], str],
) -> None:
    """Add memberships, and change the roles of others."""
    rows = [
        {"user_id": user_id, "site_id": key.site_id, "group_id": key.group_id, "role": role}
        for (user_id, key), role in new.items()
    ]
    _insert(connection, MEMBERSHIP, rows)
    values = [
        {"who": user_id, "site": key.site_id, "group": key.group_id, "role": role}
        for (user_id, key), role in changed.items()
    ]
    if values:
        connection.execute(_CHANGE_ROLE, values)


def _insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _named(one: NamedPerson) -> dict[str, Any]:
    return {"name": one.name, "language": one.language, "timezone": one.timezone}

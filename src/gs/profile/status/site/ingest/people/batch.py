# SPDX-License-Identifier: MIT
"""Some people of the database: reads them at once, and writes what changed at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from gs.profile.status.site.addresses import fold
from gs.profile.status.site.store.database import Connection
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.people import (
    AddressRow,
    MembershipRow,
    PersonRow,
    add_addresses,
    add_memberships,
    add_people,
    find_address_rows,
    find_memberships,
    find_person_rows,
    update_addresses,
    update_people,
    update_roles,
)

_Key = TypeVar("_Key")
_Row = TypeVar("_Row", PersonRow, AddressRow, MembershipRow)


@dataclass(slots=True)
class Changes:
    """What a batch wrote: the IDs of new people and of changed ones, and counts of new rows."""

    new: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    addresses: int = 0
    memberships: int = 0


class PeopleBatch:
    """The rows of some people; the methods change them, and :meth:`write` writes the changes."""

    def __init__(
        self, connection: Connection, ids: Collection[str], emails: Collection[str]
    ) -> None:
        self._connection = connection
        self._people: dict[str, PersonRow] = {}
        self._memberships: dict[tuple[str, GroupKey], MembershipRow] = {}
        self._addresses: dict[str, AddressRow] = {}
        self._addresses_of: defaultdict[str, list[str]] = defaultdict(list)
        self._with_addresses = set(ids)
        self._keep(find_address_rows(connection, ids, emails))
        self._before = (self._people, self._addresses, self._memberships)

    def read(self, ids: Collection[str]) -> None:
        """Read the people with these IDs; call it before anything is changed."""
        others = set(ids) - self._with_addresses
        if others:
            self._keep(find_address_rows(self._connection, others, ()))
        self._people = find_person_rows(self._connection, ids)
        memberships = find_memberships(self._connection, ids)
        self._memberships = {(row.user_id, row.key): row for row in memberships}
        self._before = (dict(self._people), dict(self._addresses), dict(self._memberships))

    def owners(self, emails: Iterable[str]) -> dict[str, str]:
        """Return the IDs of the owners of those addresses that have one, by address."""
        rows = ((email, self._addresses.get(fold(email))) for email in emails)
        return {email: row.user_id for email, row in rows if row is not None}

    def person(self, user_id: str) -> PersonRow | None:
        """Return a person, or ``None`` if there is nobody with the ID."""
        return self._people.get(user_id)

    def put_person(self, person: PersonRow) -> None:
        """Add a person, or change one."""
        self._people[person.user_id] = person

    def verify(self, user_id: str, email: str, moment: datetime) -> None:
        """Give a person an address that is verified; one that was verified before stays so."""
        row = self._addresses.get(fold(email))
        if row is None:
            self._keep([AddressRow(user_id, email, preferred=False, verified=moment)])
        elif row.verified is None:
            self._addresses[fold(email)] = replace(row, verified=moment)

    def prefer(self, user_id: str, email: str) -> None:
        """Make an address the only preferred one of a person, unless it is preferred already."""
        if not self._addresses[fold(email)].preferred:
            for key in self._addresses_of[user_id]:
                row = self._addresses[key]
                self._addresses[key] = replace(row, preferred=key == fold(email))

    def join(self, user_id: str, key: GroupKey, role: str) -> None:
        """Make a person a member; an empty *role* is the present one, or that of a member."""
        before = self._memberships.get((user_id, key))
        role = role or (before.role if before else "member")
        self._memberships[user_id, key] = MembershipRow(user_id, key, role)

    def write(self) -> Changes:
        """Write what was changed."""
        people, addresses, memberships = self._before
        new_people, changed_people = _split(people, self._people)
        new_addresses, changed_addresses = _split(addresses, self._addresses)
        new_memberships, changed_roles = _split(memberships, self._memberships)
        add_people(self._connection, new_people)
        update_people(self._connection, changed_people)
        add_addresses(self._connection, new_addresses)
        update_addresses(self._connection, changed_addresses)
        add_memberships(self._connection, new_memberships)
        update_roles(self._connection, changed_roles)
        others = (changed_people, new_addresses, changed_addresses, new_memberships, changed_roles)
        return Changes(
            new={row.user_id for row in new_people},
            changed={row.user_id for rows in others for row in rows},
            addresses=len(new_addresses),
            memberships=len(new_memberships),
        )

    def _keep(self, rows: Iterable[AddressRow]) -> None:
        for row in rows:
            if fold(row.email) not in self._addresses:
                self._addresses[fold(row.email)] = row
                self._addresses_of[row.user_id].append(fold(row.email))


def _split(
    before: Mapping[_Key, _Row], after: Mapping[_Key, _Row]
) -> tuple[list[_Row], list[_Row]]:
    new = [row for key, row in after.items() if key not in before]
    changed = [row for key, row in after.items() if key in before and row != before[key]]
    return new, changed

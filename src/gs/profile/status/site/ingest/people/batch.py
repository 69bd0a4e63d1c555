# SPDX-License-Identifier: MIT
"""Some people as the database has them, and what is to be written of them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from gs.profile.status.site.addresses import fold
from gs.profile.status.site.store.database import Connection
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.roster import (
    NamedPerson,
    OwnedAddress,
    add_addresses,
    find_named,
    find_owned,
    find_roles,
    prefer_addresses,
    verify_addresses,
    write_people,
    write_roles,
)


class Batch:
    """Reads what there is at once, and writes what was changed at once.

    The methods that set something return whether that changes anything.
    """

    def __init__(
        self, connection: Connection, ids: Collection[str], emails: Collection[str]
    ) -> None:
        self._connection = connection
        self._ids = ids
        self._owned = {fold(one.email): one for one in find_owned(connection, ids, emails)}
        self.people: dict[str, NamedPerson] = {}
        self._of: dict[str, list[OwnedAddress]] = {}
        self._roles: dict[tuple[str, GroupKey], str] = {}
        self._new_people: dict[str, NamedPerson] = {}
        self._changed_people: dict[str, NamedPerson] = {}
        self._new_addresses: dict[str, OwnedAddress] = {}
        self._preferred: dict[str, OwnedAddress] = {}
        self._verified: list[str] = []
        self._new_roles: dict[tuple[str, GroupKey], str] = {}
        self._changed_roles: dict[tuple[str, GroupKey], str] = {}

    def owners(self, emails: Sequence[str]) -> dict[str, str]:
        """Return the IDs of those who have one of these addresses, by address."""
        found = ((email, self._owned.get(fold(email))) for email in emails)
        return {email: owned.user_id for email, owned in found if owned is not None}

    def read(self, ids: Collection[str]) -> None:
        """Read the people of these IDs, before anything of them is set."""
        self.people = find_named(self._connection, ids)
        self._roles = find_roles(self._connection, ids)
        others = set(ids) - set(self._ids)
        if others:
            for one in find_owned(self._connection, others, ()):
                self._owned.setdefault(fold(one.email), one)
        for one in self._owned.values():
            self._of.setdefault(one.user_id, []).append(one)

    def add_person(self, person: NamedPerson) -> None:
        """Add somebody who is not there."""
        self.people[person.user_id] = self._new_people[person.user_id] = person

    def rename(self, person: NamedPerson, **values: str) -> bool:
        """Set what is not empty of the *values*: the name, the language, the time zone."""
        changed = {name: text for name, text in values.items() if text}
        changed = {name: text for name, text in changed.items() if getattr(person, name) != text}
        for name, text in changed.items():
            setattr(person, name, text)
        if changed and person.user_id not in self._new_people:
            self._changed_people[person.user_id] = person
        return bool(changed)

    def verify(self, user_id: str, email: str) -> bool | None:
        """Give somebody a verified address; ``None`` if it was theirs already, and verified."""
        owned = self._owned.get(fold(email))
        if owned is None:
            owned = OwnedAddress(user_id, email, preferred=False, verified=True)
            self._owned[fold(email)] = self._new_addresses[email] = owned
            self._of.setdefault(user_id, []).append(owned)
            return True
        if not owned.verified:
            owned.verified = True
            self._verified.append(owned.email)
            return False
        return None

    def prefer(self, user_id: str, email: str) -> bool:
        """Make an address the only preferred one, if it is not preferred."""
        first = self._owned[fold(email)]
        if first.preferred:
            return False
        for owned in self._of[user_id]:
            if owned.preferred != (owned is first):
                owned.preferred = owned is first
                if owned.email not in self._new_addresses:
                    self._preferred[owned.email] = owned
        return True

    def join(self, user_id: str, place: GroupKey, role: str) -> bool | None:
        """Make somebody a member; ``True`` if they were none, ``None`` if nothing changes.

        An empty role is that of a member, or the one that they have.
        """
        key = (user_id, place)
        before = self._roles.get(key)
        if before is not None and role in {"", before}:
            return None
        self._roles[key] = role or "member"
        changes = self._new_roles if before is None or key in self._new_roles else None
        (self._changed_roles if changes is None else changes)[key] = role or "member"
        return before is None

    def write(self, moment: datetime) -> None:
        """Write what was set: the addresses were verified at that moment."""
        write_people(
            self._connection, list(self._new_people.values()), list(self._changed_people.values())
        )
        add_addresses(self._connection, list(self._new_addresses.values()), moment)
        prefer_addresses(self._connection, list(self._preferred.values()))
        verify_addresses(self._connection, self._verified, moment)
        write_roles(self._connection, self._new_roles, self._changed_roles)

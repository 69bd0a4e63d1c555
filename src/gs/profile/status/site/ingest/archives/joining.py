# SPDX-License-Identifier: MIT
"""Makes those who write to a group its members, whoever they are on the site already."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from gs.profile.status.site.store import tables
from gs.profile.status.site.store.addresses import fold
from gs.profile.status.site.store.archive import (
    add,
    find_members_there,
    find_owners,
    find_people_there,
)
from gs.profile.status.site.store.groups import GroupKey

from .drafts import Draft

_MOST_KNOWN: Final = 20_000


@dataclass(slots=True)
class Joining:
    """The joining of one group; who has joined is not looked up again."""

    key: GroupKey
    _known: dict[str, str] = field(default_factory=dict)

    def join(self, connection: Connection, drafts: Collection[Draft]) -> dict[str, str]:
        """Make the senders members, and return the ID of each on the site, by that of the guise.

        An address that is there belongs to its person, who keeps name and settings.
        """
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        new: dict[str, Draft] = {}
        for draft in drafts:
            if draft.guise is not None and draft.guise.user_id not in self._known:
                new.setdefault(draft.guise.user_id, draft)
        if new:
            self._join(connection, new)
        return self._known

    def _join(self, connection: Connection, new: dict[str, Draft]) -> None:
        guises = [draft.guise for draft in new.values() if draft.guise is not None]
        owners = find_owners(connection, {one.address for one in guises if one.address})
        ids = {one.user_id: owners.get(fold(one.address), one.user_id) for one in guises}
        there = find_people_there(connection, set(ids.values()))
        people = {
            ids[one.user_id]: _person(ids[one.user_id], one.name)
            for one in reversed(guises)
            if ids[one.user_id] not in there
        }
        add(connection, tables.PERSON, list(people.values()))
        self._add_places(connection, set(ids.values()))
        emails = {
            fold(one.address): _email(ids[one.user_id], one.address, new[one.user_id])
            for one in reversed(guises)
            if one.address and fold(one.address) not in owners
        }
        add(connection, tables.USER_EMAIL, list(emails.values()))
        self._known |= ids

    def _add_places(self, connection: Connection, user_ids: set[str]) -> None:
        there = find_members_there(connection, self.key.site_id, user_ids)
        rows = [
            {"user_id": user_id, "site_id": self.key.site_id, "group_id": group_id}
            for user_id in sorted(user_ids)
            for group_id in ("", self.key.group_id)
            if (user_id, group_id) not in there
        ]
        add(connection, tables.MEMBERSHIP, rows)


def _person(user_id: str, name: str) -> dict[str, Any]:
    # An archive does not know who has logged in; nobody is sent to reset a password.
    return {"user_id": user_id, "name": name, "logged_in": True}


def _email(user_id: str, address: str, draft: Draft) -> dict[str, Any]:
    # Whoever wrote to the list from an address can be reached there.
    row = {"user_id": user_id, "email": address, "is_preferred": True}
    return {**row, "verified_date": draft.date}

# SPDX-License-Identifier: MIT
"""Whether a member gets the monthly summary: finds out, turns it off and on, leaves a trail."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from sqlalchemy import Connection, Engine

from gs.profile.status.site.store.audit import Event, record_events
from gs.profile.status.site.store.members import (
    Place,
    find_people,
    find_places_of,
    opt_in,
    opt_out,
)

#: Of what members do on the pages, in the audit trail.
SUBSYSTEM: Final = "gs.profile.status.site"
#: The event codes: a member turned the summary off, or on.
TURNED_OFF: Final = "1"
TURNED_ON: Final = "2"


class Change(Enum):
    """What can be asked for: its event code, and the way in which it was asked for."""

    ONE_CLICK = (TURNED_OFF, "one-click")
    OFF = (TURNED_OFF, "page")
    ON = (TURNED_ON, "page")


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whether the summary is on, and nothing that tells whose it is.

    The language is a BCP 47 tag. The site is the one that the mail is from, by its title; that
    is empty for somebody who is in none.
    """

    on: bool
    language: str
    site: str


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The subscriptions in a database; *now* is the clock of the trail."""

    engine: Engine
    now: Callable[[], datetime]

    def find(self, user_id: str) -> Subscription | None:
        """Return the subscription of a person, ``None`` where there is nobody."""
        with self.engine.connect() as connection:
            return _find(connection, user_id)

    def change(self, user_id: str, change: Change) -> Subscription | None:
        """Return the subscription after the *change*, ``None`` where there is nobody.

        What was so before is no event.
        """
        with self.engine.begin() as connection:
            if _find(connection, user_id) is None:
                return None
            turn = opt_in if change is Change.ON else opt_out
            if turn(connection, user_id):
                code, way = change.value
                event = Event(self.now(), code, user_id, way, subsystem=SUBSYSTEM)
                record_events(connection, [event])
            return _find(connection, user_id)


def _find(connection: Connection, user_id: str) -> Subscription | None:
    person = find_people(connection, [user_id]).get(user_id)
    if person is None:
        return None
    places = find_places_of(connection, [user_id]).get(user_id, [])
    first = min(places, key=_rank, default=None)
    return Subscription(not person.opted_out, person.language, first.site.title if first else "")


def _rank(place: Place) -> tuple[bool, tuple[str, str]]:
    # As the mail has it: the first site that has a group of the member.
    return not place.group_id, place.site.rank

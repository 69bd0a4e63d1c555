# SPDX-License-Identifier: MIT
"""The audit trail: what became of each notification, and why; what else is to be accounted for."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, insert, select

from .tables import AUDIT_EVENT

#: What becomes of notifications; the codes are those of ``eligible``.
SUBSYSTEM: Final = "gs.profile.status.base"
#: Who calls the hooks; its codes are GroupServer's.
TOKEN_SUBSYSTEM: Final = "gs.auth.token"  # noqa: S105 - the name of a component
WRONG_TOKEN: Final = "1"  # noqa: S105 - a code

_INSERT: Final = insert(AUDIT_EVENT)


@dataclass(frozen=True, slots=True)
class Event:
    """An event: its code in its subsystem, the person it is about, what else there is to say."""

    moment: datetime
    code: str
    user_id: str | None
    detail: str
    supplement: str | None = None
    subsystem: str = SUBSYSTEM


def wrong_token(moment: datetime, hook: str, peer: str, times: int) -> Event:
    """Return the event of a wrong token, as GroupServer has it, with the *peer* it came from.

    One stands for several *times*, of which the last was at *hook*.

    The address is kept because it is the way to whoever guesses; the token itself is not.
    """
    detail = hook if times == 1 else f"{hook}, {times} times"
    return Event(moment, WRONG_TOKEN, None, detail, peer, TOKEN_SUBSYSTEM)


def record_events(connection: Connection, events: Iterable[Event]) -> None:
    """Add *events* to the trail."""
    rows = [
        {
            "id": secrets.token_hex(16),
            "event_date": event.moment,
            "subsystem": event.subsystem,
            "event_code": event.code,
            "instance_user_id": event.user_id,
            "instance_datum": event.detail,
            "supplementary_datum": event.supplement,
        }
        for event in events
    ]
    if rows:
        connection.execute(_INSERT, rows)


def count_events(connection: Connection, subsystem: str = SUBSYSTEM) -> dict[str, int]:
    """Return how often each event of *subsystem* happened, by its code."""
    query = (
        select(AUDIT_EVENT.c.event_code, func.count().label("times"))
        .where(AUDIT_EVENT.c.subsystem == subsystem)
        .group_by(AUDIT_EVENT.c.event_code)
    )
    return {row.event_code: row.times for row in connection.execute(query)}

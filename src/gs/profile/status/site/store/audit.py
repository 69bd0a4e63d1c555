# SPDX-License-Identifier: MIT
"""The audit trail: the result of each notification with its reason, and other events."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, insert, select

from .tables import AUDIT_EVENT

#: The results of notifications; the codes are :data:`.model.EVENT_CODES`.
SUBSYSTEM: Final = "gs.profile.status.base"
#: Calls of the hooks with a wrong token; the code is GroupServer's.
TOKEN_SUBSYSTEM: Final = "gs.auth.token"  # noqa: S105 - the name of a component
WRONG_TOKEN: Final = "1"  # noqa: S105 - a code


@dataclass(frozen=True, slots=True)
class Event:
    """An event: its code in its subsystem, the person that it is about, and two details."""

    moment: datetime
    code: str
    user_id: str | None
    detail: str
    supplement: str | None = None
    subsystem: str = SUBSYSTEM


def wrong_token(moment: datetime, hook: str, peer: str, times: int) -> Event:
    """Return the event of a wrong token, as GroupServer has it, with the address of the *peer*.

    One event stands for several *times*; the last of them was at *hook*. The address is kept
    because it leads to the person who guesses tokens; the token is not kept.
    """
    detail = hook if times == 1 else f"{hook}, {times} times"
    return Event(moment, WRONG_TOKEN, None, detail, peer, TOKEN_SUBSYSTEM)


def record_events(connection: Connection, events: Iterable[Event]) -> None:
    """Add *events* to the audit trail."""
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
        connection.execute(insert(AUDIT_EVENT), rows)


def count_events(connection: Connection, subsystem: str = SUBSYSTEM) -> dict[str, int]:
    """Return how many events with each code *subsystem* has."""
    query = (
        select(AUDIT_EVENT.c.event_code, func.count().label("times"))
        .where(AUDIT_EVENT.c.subsystem == subsystem)
        .group_by(AUDIT_EVENT.c.event_code)
    )
    return {row.event_code: row.times for row in connection.execute(query)}

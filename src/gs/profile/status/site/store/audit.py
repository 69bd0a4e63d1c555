# SPDX-License-Identifier: MIT
"""The audit trail: what became of each notification, and why."""

import secrets
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, insert, select

from .tables import AUDIT_EVENT

SUBSYSTEM: Final = "gs.profile.status.base"


def record_event(
    connection: Connection, moment: datetime, code: str, user_id: str, detail: str
) -> None:
    """Add the event *code* about the person *user_id*; *detail* says which period it was."""
    row = {
        "id": secrets.token_hex(16),
        "event_date": moment,
        "subsystem": SUBSYSTEM,
        "event_code": code,
        "instance_user_id": user_id,
        "instance_datum": detail,
    }
    connection.execute(insert(AUDIT_EVENT), row)


def count_events(connection: Connection) -> dict[str, int]:
    """Return how often each event of the notification happened, by its code."""
    query = (
        select(AUDIT_EVENT.c.event_code, func.count().label("times"))
        .where(AUDIT_EVENT.c.subsystem == SUBSYSTEM)
        .group_by(AUDIT_EVENT.c.event_code)
    )
    return {row.event_code: row.times for row in connection.execute(query)}

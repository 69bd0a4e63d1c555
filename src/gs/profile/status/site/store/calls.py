# SPDX-License-Identifier: MIT
"""What the store knows of calls that have a key: which were begun, and how they were answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from gs.profile.status.hooks import Reply

from .tables import IDEMPOTENCY_KEY


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the send hook: its key, and a fingerprint of its form, both of bounded length."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a key: the reply is the call's once it is finished, else it would be."""

    fingerprint: str
    finished: bool
    reply: Reply


def find_call(connection: Connection, key: str) -> Known | None:
    """Return what is known of the call that had that *key*, ``None`` where there was none."""
    table = IDEMPOTENCY_KEY.c
    query = select(table.fingerprint, table.finished, table.status, table.message)
    row = connection.execute(query.where(table.key == key)).one_or_none()
    if row is None:
        return None
    return Known(row.fingerprint, row.finished is not None, Reply(row.status, row.message))


def begin_call(connection: Connection, call: Call, moment: datetime, reply: Reply) -> None:
    """Write down that *call* is worked on, and what the *reply* will be if that succeeds."""
    _write(connection, call, reply, {"begun": moment, "finished": None})


def finish_call(connection: Connection, call: Call, moment: datetime, reply: Reply) -> None:
    """Write down the *reply* to *call*, whether or not it was begun."""
    _write(connection, call, reply, {"finished": moment}, new={"begun": moment})


def _write(
    connection: Connection,
    call: Call,
    reply: Reply,
    values: dict[str, Any],
    new: dict[str, Any] | None = None,
) -> None:
    values |= {"status": reply.status, "message": reply.message}
    same = IDEMPOTENCY_KEY.c.key == call.key
    if not connection.execute(update(IDEMPOTENCY_KEY).where(same), values).rowcount:
        row = {"key": call.key, "fingerprint": call.fingerprint, **values, **(new or {})}
        connection.execute(insert(IDEMPOTENCY_KEY), row)

# SPDX-License-Identifier: MIT
"""The calls that were left in doubt: which they are, and what somebody found out about one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, update

from gs.profile.status.hooks import Period, Status
from gs.profile.status.site.dispatch.eligible import EVENT_CODES

from .audit import Event, record_events
from .calls import NOBODY
from .tables import IDEMPOTENCY_KEY

_TABLE: Final = IDEMPOTENCY_KEY.c
_IS_OPEN: Final = (_TABLE.finished.is_(None), _TABLE.handing.is_not(None))
_FIND: Final = (
    select(
        _TABLE.key,
        _TABLE.user_id,
        _TABLE.period,
        _TABLE.worker,
        _TABLE.handing,
        _TABLE.message_id,
    )
    .where(*_IS_OPEN)
    .order_by(_TABLE.handing, _TABLE.key)
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A call that was left between the hand-over and its record; nobody knows if it was mailed.

    While its worker lives it is no doubt: it is in progress.
    """

    key: str
    user_id: str
    period: Period
    worker: str
    handing: datetime
    message_id: str | None


def find_doubts(connection: Connection) -> list[Doubt]:
    """Return the calls whose hand-over was begun and has no record yet, the oldest first."""
    rows = connection.execute(_FIND).all()
    return [
        Doubt(key, user_id, Period.parse(period), worker, handing, message_id)
        for key, user_id, period, worker, handing, message_id in rows
    ]


def inherit_doubts(connection: Connection) -> int:
    """Take what others were at work on for left: where there is one process, they are gone.

    Return how many calls are in doubt.
    """
    return connection.execute(
        update(IDEMPOTENCY_KEY).where(*_IS_OPEN).values(worker=NOBODY)
    ).rowcount


def settle_doubt(connection: Connection, doubt: Doubt, moment: datetime, *, sent: bool) -> bool:
    """Write down whether the mail of *doubt* was sent; return whether it was still in doubt.

    One that was sent gets its event in the audit trail; one that was not may be begun again. That
    its worker is gone, the caller has made sure; one that was taken over since stays as it is.
    """
    same = (
        _TABLE.key == doubt.key,
        _TABLE.worker == doubt.worker,
        _TABLE.handing == doubt.handing,
    )
    values = {"finished": moment} if sent else {"handing": None}
    settled = connection.execute(
        update(IDEMPOTENCY_KEY).where(*same, *_IS_OPEN).values(values)
    ).rowcount
    if sent and settled:
        code = EVENT_CODES[Status.SENT]
        record_events(connection, [Event(moment, code, doubt.user_id, str(doubt.period))])
    return settled > 0

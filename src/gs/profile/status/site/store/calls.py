# SPDX-License-Identifier: MIT
"""The calls that have an idempotency key: begun, finished, in doubt."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Update, UpdateBase, and_, bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gs.profile.status.hooks import HookReply, Period, Status
from gs.profile.status.site.model import EVENT_CODES

from .audit import Event, record_events
from .tables import IDEMPOTENCY_KEY

#: The worker of a call that nobody works on.
NOBODY: Final = ""

_TABLE: Final = IDEMPOTENCY_KEY.c
_Insert: TypeAlias = sqlite.Insert | postgresql.Insert


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the send hook: its key, and a fingerprint of its form, both of bounded length."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class KnownCall:
    """What is known of a key: the reply is the call's once it is finished, else it would be.

    Since *handing* the worker hands the mail over; ``None``: certainly nobody does.
    """

    fingerprint: str
    user_id: str
    period: Period
    worker: str
    handing: datetime | None
    finished: datetime | None
    message_id: str | None
    reply: HookReply

    @property
    def left_by(self) -> str | None:
        """The worker that left the hand-over open, if the worker is gone; it may be nobody."""
        return self.worker if self.handing and not self.finished else None


@dataclass(frozen=True, slots=True)
class BegunCall:
    """A call whose mail is about to be handed over by a worker, with the reply if that succeeds.

    A call that is known is taken over where its mail is certainly not being handed over, or where
    it was :attr:`~KnownCall.left_by` a worker that is gone: this says that it is.
    """

    call: Call
    user_id: str
    period: Period
    moment: datetime
    worker: str
    message_id: str | None
    reply: HookReply
    left_by: str | None = None


@dataclass(frozen=True, slots=True)
class FinishedCall:
    """A call with its reply, and the worker that began it; ``None``: this process did not."""

    call: Call
    user_id: str
    period: Period
    moment: datetime
    reply: HookReply
    worker: str | None = None


def find_calls(connection: Connection, keys: Collection[str]) -> dict[str, KnownCall]:
    """Return what is known of the calls that had one of these *keys*, by key."""
    rows = connection.execute(_FIND, {"keys": list(keys)})
    return {
        key: KnownCall(
            form,
            user_id,
            Period.parse(month),
            worker,
            handing,
            finished,
            told,
            HookReply(code, text),
        )
        for key, form, user_id, month, worker, handing, finished, told, code, text in rows
    }


def begin_calls(connection: Connection, calls: Iterable[BegunCall]) -> set[str]:
    """Write down that the mails of *calls* are about to be handed over; return whose may be.

    The others' keys are another process's, or finished. No two of *calls* have the same key.
    """
    ordered = sorted(calls, key=_key)
    left = [
        {"left_key": one.call.key, "left_by": one.left_by}
        for one in ordered
        if one.left_by is not None
    ]
    if left:
        connection.execute(_TAKE_OVER, left)
    statement = _BEGIN[connection.dialect.name]
    rows = [
        {
            **_row(one),
            "worker": one.worker,
            "handing": one.moment,
            "message_id": one.message_id,
        }
        for one in ordered
    ]
    return set(connection.scalars(statement, rows)) if rows else set()


def take_back_calls(connection: Connection, worker: str, keys: Collection[str]) -> None:
    """Write down that the mails which *worker* had begun under *keys* were not handed over.

    This has to be certain: the same call may then be begun again, by anybody.
    """
    connection.execute(_TAKE_BACK, {"of": worker, "keys": list(keys)})


def leave_calls(connection: Connection, worker: str, keys: Collection[str]) -> None:
    """Write down that it is in doubt whether the mails *worker* had begun under *keys* were taken.

    Nobody is at work on them any more: they are in doubt at once, although the worker lives.
    """
    connection.execute(_LEAVE, {"of": worker, "keys": list(keys)})


def finish_calls(connection: Connection, calls: Iterable[FinishedCall]) -> set[str]:
    """Write down the replies to *calls*; return whose were.

    The others' keys are finished, or another's who hands the mail over. But that a mail which was
    begun has been sent is always written down. No two of *calls* have the same key.
    """
    statement = _FINISH[connection.dialect.name]
    rows = [
        {
            **_row(one),
            "worker": one.worker or NOBODY,
            "handing": None if one.worker is None else one.moment,
            "finished": one.moment,
        }
        for one in sorted(calls, key=_key)
    ]
    return set(connection.scalars(statement, rows)) if rows else set()


def _key(one: BegunCall | FinishedCall) -> str:
    # Two processes that write the same keys in one order do not wait for each other in a circle.
    return one.call.key


def _row(one: BegunCall | FinishedCall) -> dict[str, Any]:
    return {
        "key": one.call.key,
        "fingerprint": one.call.fingerprint,
        "user_id": one.user_id,
        "period": str(one.period),
        "begun": one.moment,
        "status": int(one.reply.status),
        "message": one.reply.message,
    }


def _begin(statement: _Insert) -> UpdateBase:
    new = statement.excluded
    again = {name: new[name] for name in ("worker", "handing", "message_id", "status", "message")}
    return statement.on_conflict_do_update(
        index_elements=[_TABLE.key],
        set_=again,
        # What was begun keeps its form. Of two processes that begin it, the second finds it begun.
        where=and_(
            _TABLE.finished.is_(None),
            _TABLE.handing.is_(None),
            _TABLE.fingerprint == new.fingerprint,
        ),
    ).returning(_TABLE.key)


def _finish(statement: _Insert) -> UpdateBase:
    new = statement.excluded
    is_open = _TABLE.finished.is_(None)
    begun = new.handing.is_not(None)
    return statement.on_conflict_do_update(
        index_elements=[_TABLE.key],
        set_={name: new[name] for name in ("finished", "status", "message")},
        where=or_(
            and_(is_open, _TABLE.handing.is_(None)),
            and_(is_open, begun, _TABLE.worker == new.worker),
            and_(begun, new.status == int(Status.SENT)),
        ),
    ).returning(_TABLE.key)


def _change(**values: str | None) -> Update:
    return (
        update(IDEMPOTENCY_KEY)
        .where(
            _TABLE.key.in_(bindparam("keys", expanding=True)),
            _TABLE.worker == bindparam("of"),
            _TABLE.handing.is_not(None),
            _TABLE.finished.is_(None),
        )
        .values(values)
    )


_FIND: Final = select(
    _TABLE.key,
    _TABLE.fingerprint,
    _TABLE.user_id,
    _TABLE.period,
    _TABLE.worker,
    _TABLE.handing,
    _TABLE.finished,
    _TABLE.message_id,
    _TABLE.status,
    _TABLE.message,
).where(_TABLE.key.in_(bindparam("keys", expanding=True)))
_TAKE_BACK: Final = _change(handing=None)
_LEAVE: Final = _change(worker=NOBODY)
_TAKE_OVER: Final = (
    update(IDEMPOTENCY_KEY)
    .where(
        _TABLE.key == bindparam("left_key"),
        _TABLE.worker == bindparam("left_by"),
        _TABLE.finished.is_(None),
    )
    .values(handing=None)
)
_BEGIN: Final = {
    "sqlite": _begin(sqlite.insert(IDEMPOTENCY_KEY)),
    "postgresql": _begin(postgresql.insert(IDEMPOTENCY_KEY)),
}
_FINISH: Final = {
    "sqlite": _finish(sqlite.insert(IDEMPOTENCY_KEY)),
    "postgresql": _finish(postgresql.insert(IDEMPOTENCY_KEY)),
}


_IS_OPEN: Final = (_TABLE.finished.is_(None), _TABLE.handing.is_not(None))
_FIND_DOUBTS: Final = (
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
    rows = connection.execute(_FIND_DOUBTS).all()
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


def resolve_doubt(connection: Connection, doubt: Doubt, moment: datetime, *, sent: bool) -> bool:
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

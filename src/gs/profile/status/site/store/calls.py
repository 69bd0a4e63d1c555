# SPDX-License-Identifier: MIT
"""The calls that have an idempotency key: begun, finished, in doubt."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

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
class IdempotencyKey:
    """The key of a call, and a fingerprint of its form; both have a limited length."""

    value: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call with a key, as the database has it.

    Since *handing* the *worker* delivers the mail; ``None`` means that certainly nobody does. The
    *reply* is the answer to the call if the delivery succeeds, and for good once it is *finished*.
    """

    key: IdempotencyKey
    user_id: str
    period: Period
    reply: HookReply
    worker: str = NOBODY
    handing: datetime | None = None
    finished: datetime | None = None
    message_id: str | None = None

    @property
    def abandoned_by(self) -> str | None:
        """The worker that began the delivery and did not finish it, if that worker is dead.

        It may be :data:`NOBODY`; ``None`` if no delivery was begun, or if the call is finished.
        """
        return self.worker if self.handing and not self.finished else None


def find_calls(connection: Connection, keys: Collection[str]) -> dict[str, CallRecord]:
    """Return the calls with one of these *keys*, by key."""
    rows = connection.execute(_FIND, {"keys": list(keys)})
    return {
        row.key: CallRecord(
            key=IdempotencyKey(row.key, row.fingerprint),
            user_id=row.user_id,
            period=Period.parse(row.period),
            reply=HookReply(row.status, row.message),
            worker=row.worker,
            handing=row.handing,
            finished=row.finished,
            message_id=row.message_id,
        )
        for row in rows
    }


def begin_calls(
    connection: Connection,
    calls: Collection[CallRecord],
    abandoned_by: Mapping[str, str],
) -> set[str]:
    """Record that the mails of *calls* are about to be delivered; return the keys that may be.

    The other keys are finished, or another process works on them. A call that was begun before is
    taken over if its mail is certainly not being delivered, or if *abandoned_by* has the dead
    worker that began it, by key. No two of *calls* have the same key.
    """
    if abandoned_by:
        dead = [{"dead_key": key, "dead": worker} for key, worker in sorted(abandoned_by.items())]
        connection.execute(_TAKE_OVER, dead)
    return _upsert(connection, _BEGIN, calls)


def release_calls(connection: Connection, worker: str, keys: Collection[str]) -> None:
    """Record that the mails which *worker* began under *keys* were not sent.

    This has to be certain: any process may begin the same call again.
    """
    connection.execute(_RELEASE, {"of": worker, "keys": list(keys)})


def abandon_calls(connection: Connection, worker: str, keys: Collection[str]) -> None:
    """Record that the mails which *worker* began under *keys* are in doubt.

    They are in doubt at once, although the worker is alive, because it does not work on them.
    """
    connection.execute(_ABANDON, {"of": worker, "keys": list(keys)})


def finish_calls(connection: Connection, calls: Collection[CallRecord]) -> set[str]:
    """Record the replies to *calls*; return the keys for which that was possible.

    The other keys are finished, or another process delivers their mails. That a mail was sent
    whose delivery had begun is always recorded. No two of *calls* have the same key.
    """
    return _upsert(connection, _FINISH, calls)


def _upsert(
    connection: Connection,
    statements: Mapping[str, UpdateBase],
    calls: Collection[CallRecord],
) -> set[str]:
    if not calls:
        return set()
    rows = [
        {
            "key": call.key.value,
            "fingerprint": call.key.fingerprint,
            "user_id": call.user_id,
            "period": str(call.period),
            "worker": call.worker,
            "handing": call.handing,
            "finished": call.finished,
            "message_id": call.message_id,
            "status": int(call.reply.status),
            "message": call.reply.message,
        }
        # In one order, so that two processes with the same keys do not wait for each other.
        for call in sorted(calls, key=lambda call: call.key.value)
    ]
    return set(connection.scalars(statements[connection.dialect.name], rows))


def _begin(statement: _Insert) -> UpdateBase:
    new = statement.excluded
    again = {name: new[name] for name in ("worker", "handing", "message_id", "status", "message")}
    return statement.on_conflict_do_update(
        index_elements=[_TABLE.key],
        set_=again,
        # A call that was begun keeps its form. Of two processes, the second finds it begun.
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
_RELEASE: Final = _change(handing=None)
_ABANDON: Final = _change(worker=NOBODY)
_TAKE_OVER: Final = (
    update(IDEMPOTENCY_KEY)
    .where(
        _TABLE.key == bindparam("dead_key"),
        _TABLE.worker == bindparam("dead"),
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
    """A call whose delivery began and has no result: its mail may or may not have been sent.

    While its worker is alive, it is in progress and not in doubt.
    """

    key: str
    user_id: str
    period: Period
    worker: str
    handing: datetime
    message_id: str | None


def find_doubts(connection: Connection) -> list[Doubt]:
    """Return the calls whose delivery began and has no result yet, the oldest first."""
    rows = connection.execute(_FIND_DOUBTS).all()
    return [
        Doubt(key, user_id, Period.parse(period), worker, handing, message_id)
        for key, user_id, period, worker, handing, message_id in rows
    ]


def inherit_doubts(connection: Connection) -> int:
    """Record that all other workers are dead, where one process alone serves the site.

    Returns how many calls are in doubt.
    """
    return connection.execute(
        update(IDEMPOTENCY_KEY).where(*_IS_OPEN).values(worker=NOBODY)
    ).rowcount


def resolve_doubt(connection: Connection, doubt: Doubt, moment: datetime, *, sent: bool) -> bool:
    """Record whether the mail of *doubt* was sent; return whether it was still in doubt.

    If it was sent, the audit trail gets its event; if not, the call may be begun again. The caller
    has made sure that the worker is dead. A call that was taken over meanwhile is not changed.
    """
    same = (
        _TABLE.key == doubt.key,
        _TABLE.worker == doubt.worker,
        _TABLE.handing == doubt.handing,
    )
    values = {"finished": moment} if sent else {"handing": None}
    resolved = connection.execute(
        update(IDEMPOTENCY_KEY).where(*same, *_IS_OPEN).values(values)
    ).rowcount
    if sent and resolved:
        code = EVENT_CODES[Status.SENT]
        record_events(connection, [Event(moment, code, doubt.user_id, str(doubt.period))])
    return resolved > 0

# SPDX-License-Identifier: MIT
"""What the store knows of calls that have a key: which were begun, and how they were answered."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, UpdateBase, and_, bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gs.profile.status.hooks import Period, Reply, Status

from .tables import IDEMPOTENCY_KEY

_TABLE: Final = IDEMPOTENCY_KEY.c
_Insert: TypeAlias = sqlite.Insert | postgresql.Insert


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the send hook: its key, and a fingerprint of its form, both of bounded length."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Known:
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
    reply: Reply

    @property
    def left_by(self) -> str | None:
        """The worker that left the hand-over open, if the worker is gone."""
        return self.worker if self.handing and not self.finished else None


@dataclass(frozen=True, slots=True)
class Begun:
    """A call whose mail is about to be handed over by a worker, with the reply if that succeeds.

    A call that is known is taken over where its mail is certainly not being handed over, or where
    it was :attr:`~Known.left_by` a worker that is gone: this says that it is.
    """

    call: Call
    user_id: str
    period: Period
    moment: datetime
    worker: str
    message_id: str | None
    reply: Reply
    left_by: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A call with its reply, whether or not it was begun."""

    call: Call
    user_id: str
    period: Period
    moment: datetime
    reply: Reply


def find_calls(connection: Connection, keys: Collection[str]) -> dict[str, Known]:
    """Return what is known of the calls that had one of these *keys*, by key."""
    rows = connection.execute(_FIND, {"keys": list(keys)})
    return {
        key: Known(
            fingerprint,
            user_id,
            Period.parse(period),
            worker,
            handing,
            finished,
            message_id,
            Reply(status, message),
        )
        for (
            key,
            fingerprint,
            user_id,
            period,
            worker,
            handing,
            finished,
            message_id,
            status,
            message,
        ) in rows
    }


def begin_calls(connection: Connection, calls: Iterable[Begun]) -> set[str]:
    """Write down that the mails of *calls* are about to be handed over; return whose may be.

    The others' keys are another process's, or finished. No two of *calls* have the same key.
    """
    ordered = sorted(calls, key=_key)
    left = [{"left_key": one.call.key, "left_by": one.left_by} for one in ordered if one.left_by]
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


def finish_calls(connection: Connection, calls: Iterable[Finished]) -> None:
    """Write down the replies to *calls*, whether or not they were begun.

    A reply that is there already stays, unless it says less than that the mail was sent.
    """
    statement = _FINISH[connection.dialect.name]
    rows = [{**_row(one), "worker": "", "finished": one.moment} for one in sorted(calls, key=_key)]
    if rows:
        connection.execute(statement, rows)


def _key(one: Begun | Finished) -> str:
    # Two processes that write the same keys in one order do not wait for each other in a circle.
    return one.call.key


def _row(one: Begun | Finished) -> dict[str, Any]:
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
    return statement.on_conflict_do_update(
        index_elements=[_TABLE.key],
        set_={name: new[name] for name in ("finished", "status", "message")},
        where=or_(_TABLE.finished.is_(None), new.status == int(Status.SENT)),
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
_TAKE_BACK: Final = (
    update(IDEMPOTENCY_KEY)
    .where(
        _TABLE.key.in_(bindparam("keys", expanding=True)),
        _TABLE.worker == bindparam("of"),
        _TABLE.finished.is_(None),
    )
    .values(handing=None)
)
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

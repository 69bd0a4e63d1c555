# SPDX-License-Identifier: MIT
"""Processes calls of the send hook, as many together as there are: decides, records, answers."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from typing import Final

from gs.profile.status.hooks import HookReply, Status
from gs.profile.status.site.addresses import mailbox
from gs.profile.status.site.delivery import (
    Mailer,
    RefusedRecipient,
)
from gs.profile.status.site.logs import Log, code_of
from gs.profile.status.site.model import (
    EVENT_CODES,
)
from gs.profile.status.site.store.audit import Event, record_events
from gs.profile.status.site.store.calls import (
    CallRecord,
    IdempotencyKey,
    abandon_calls,
    begin_calls,
    find_calls,
    finish_calls,
    release_calls,
)
from gs.profile.status.site.store.database import Connection, DBAPIError, Engine, is_away
from gs.profile.status.site.store.members import mark_undeliverable
from gs.profile.status.site.store.workers import WorkerLease

from .call import IN_PROGRESS, KEY_REUSED, Answer, Record, SendCall, deferred, in_doubt
from .decide import Decider, Decision
from .delivery_log import DeliveryLog

#: The most unsent keys that are kept in memory. Calls with older ones are in doubt.
MOST_UNSENT: Final = 10_000
# Seconds after which a call that the database did not record may be repeated.
_RETRY_AFTER: Final = 10
# Seconds that a caller waits at most until the database records a delivery.
_RECORD_WITHIN: Final = 20.0
# Seconds after which this process checks that it still has its lease.
_CHECK_LEASE_EVERY: Final = 5.0


@dataclass(slots=True)
class Batch:
    """Collects rows, answers and deliveries. The latter two count only after :meth:`write`.

    *worker* is the name of this process, *moment* the time of all rows.
    """

    worker: str
    moment: datetime
    answers: list[tuple[SendCall, Answer | Exception]] = field(default_factory=list)
    deliveries: list[SendCall] = field(default_factory=list)
    postponed: list[SendCall] = field(default_factory=list)
    _begun: dict[str, CallRecord] = field(default_factory=dict)
    _abandoned_by: dict[str, str] = field(default_factory=dict)
    _finished: list[CallRecord] = field(default_factory=list)
    _released: dict[str, list[str]] = field(default_factory=dict)
    _abandoned: dict[str, list[str]] = field(default_factory=dict)
    _events: list[tuple[SendCall, Event]] = field(default_factory=list)
    _refused: list[RefusedRecipient] = field(default_factory=list)

    def answer(self, call: SendCall, answer: Answer | Exception) -> None:
        """Answer *call* without writing anything."""
        self.answers.append((call, answer))

    def decide(self, call: SendCall, decision: Decision) -> None:
        """Do what was decided: deliver the mail, or answer why there is none."""
        abandoned_by = call.record.abandoned_by if call.record else None
        if decision.mail is None:
            # A call that its worker abandoned, and whose mail was certainly not taken, ends here.
            self.finish(call, decision.reply, abandoned_by)
            return
        call.decision, call.worker = decision, self.worker
        self.deliveries.append(call)
        if call.key:
            self._begun[call.key.value] = CallRecord(
                call.key,
                call.user_id,
                call.period,
                decision.reply,
                worker=self.worker,
                handing=self.moment,
                message_id=decision.mail.message_id,
            )
            if abandoned_by is not None:
                self._abandoned_by[call.key.value] = abandoned_by

    def finish(self, call: SendCall, reply: HookReply, worker: str | None = None) -> None:
        """Write the audit event, and the *reply* if there is a key; then answer with it.

        *worker* is the process that had begun the delivery; ``None`` if none had.
        """
        code = EVENT_CODES[Status(reply.status)]
        self._events.append((call, Event(self.moment, code, call.user_id, str(call.period))))
        if call.key:
            finished = CallRecord(call.key, call.user_id, call.period, reply, finished=self.moment)
            if worker is not None:
                finished = replace(finished, worker=worker, handing=self.moment)
            self._finished.append(finished)
        self.answers.append((call, reply))

    def end(self, call: SendCall) -> None:
        """Write the outcome of a delivery, and answer with it."""
        outcome, decision = call.outcome, call.decision
        assert outcome is not None  # noqa: S101 - the delivery has ended
        assert decision is not None  # noqa: S101 - and was decided on
        # The mail server gets host names in ASCII, and the database may have others.
        stored = {mailbox("", address): address for address in decision.addresses}
        for refusal in outcome.refused:
            address = stored.get(refusal.address, refusal.address)
            self._refused.append(replace(refusal, address=address))
        if outcome.record is Record.FINISH:
            assert isinstance(outcome.answer, HookReply)  # noqa: S101 - a final reply is one
            self.finish(call, outcome.answer, call.worker)
            return
        if call.key:
            released = outcome.record is Record.RELEASE
            workers = self._released if released else self._abandoned
            workers.setdefault(call.worker, []).append(call.key.value)
        self.answer(call, outcome.answer)

    def write(self, connection: Connection) -> None:
        """Write everything. Leave a key to another process that was quicker with it."""
        if self._begun:
            records = list(self._begun.values())
            begun = begin_calls(connection, records, self._abandoned_by)
            self._give_up(self._begun.keys() - begun)
        if self._refused:
            mark_undeliverable(connection, self._refused, self.moment)
        for worker, keys in self._released.items():
            release_calls(connection, worker, keys)
        for worker, keys in self._abandoned.items():
            abandon_calls(connection, worker, keys)
        if self._finished:
            finished = finish_calls(connection, self._finished)
            self._give_up({record.key.value for record in self._finished} - finished)
        if self._events:
            record_events(connection, [event for _, event in self._events])

    @property
    def begun(self) -> Iterable[str]:
        """The keys of the calls whose deliveries are to begin."""
        return self._begun.keys()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        rows = (self._begun, self._finished, self._released, self._abandoned, self._refused)
        return not any((*rows, self._events))

    def _give_up(self, keys: set[str]) -> None:
        if not keys:
            return

        def is_ours(call: SendCall) -> bool:
            return call.key_value not in keys

        calls = [*self.deliveries, *(call for call, _ in self._events)]
        self.deliveries = [call for call in self.deliveries if is_ours(call)]
        self._events = [(call, event) for call, event in self._events if is_ours(call)]
        self.answers = [(call, answer) for call, answer in self.answers if is_ours(call)]
        self.answers += [(call, IN_PROGRESS) for call in calls if not is_ours(call)]


class UnsentKeys:
    """The keys whose commit failed, so that their mails were certainly not sent.

    A commit without an answer may be durable all the same: then the database says that the
    delivery began. Only one thread may use it.
    """

    def __init__(self, most: int = MOST_UNSENT) -> None:
        self._most = most
        self._workers: dict[str, str] = {}

    def add(self, keys: Iterable[str], worker: str) -> None:
        """Remember that *worker* tried to begin these deliveries, and sends nothing for them."""
        for key in keys:
            self._workers.pop(key, None)
            self._workers[key] = worker
        while len(self._workers) > self._most:
            del self._workers[next(iter(self._workers))]

    def remove(self, key: str) -> None:
        """Forget a key whose mail may be sent from now on."""
        self._workers.pop(key, None)

    def has(self, key: str, worker: str) -> bool:
        """Return whether such a commit, of *worker*, may have written the record of *key*."""
        return self._workers.get(key) == worker


@dataclass(slots=True, eq=False)
class Processor:
    """Decides and records; what is to be done between two records, it returns.

    It keeps in memory which calls are in progress, so that only one thread may use it. *now*
    returns the time.
    """

    engine: Engine
    decider: Decider
    mailer: Mailer
    lease: WorkerLease
    now: Callable[[], datetime]
    log: Log
    _in_progress: dict[str, SendCall] = field(default_factory=dict)
    _unrecorded: list[SendCall] = field(default_factory=list)
    _unsent: UnsentKeys = field(default_factory=UnsentKeys)
    _delivery_log: DeliveryLog = field(init=False)
    _lease_checked: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Create the log of deliveries."""
        self._delivery_log = DeliveryLog(self.log)

    @property
    def behind(self) -> bool:
        """Whether there are deliveries that the database has not recorded yet."""
        return bool(self._unrecorded)

    def process(
        self, calls: Sequence[SendCall], delivered: Sequence[SendCall], capacity: int
    ) -> Batch:
        """Decide on *calls*, record those *delivered*; return what may be done after that.

        At most *capacity* deliveries begin; the calls beyond that are postponed.
        """
        self._unrecorded += delivered
        for call in delivered:
            self._delivery_log.report(call)
        admitted, refused = self._admit(calls)
        try:
            batch = self._process(admitted, capacity)
            self._unrecorded = []
        except Exception as error:  # noqa: BLE001 - whatever it is, no mail of *calls* was sent
            batch = self._put_off(admitted, error)
        self._release(batch)
        batch.answers += refused
        return batch

    def _admit(
        self, calls: Sequence[SendCall]
    ) -> tuple[list[SendCall], list[tuple[SendCall, Answer]]]:
        admitted: list[SendCall] = []
        refused: list[tuple[SendCall, Answer]] = []
        for call in calls:
            key = call.key_value
            first = call if key is None else self._in_progress.setdefault(key, call)
            if first is call:
                admitted.append(call)
            else:
                refused.append((call, IN_PROGRESS if first.key == call.key else KEY_REUSED))
        return admitted, refused

    def _process(self, calls: Sequence[SendCall], capacity: int) -> Batch:
        self._keep_lease()
        batch = Batch(self.lease.worker, self.now())
        for call in self._unrecorded:
            batch.end(call)
        if calls:
            self._decide(calls, capacity, batch)
        if not batch.empty:
            self._write(batch)
        return batch

    def _keep_lease(self) -> None:
        # Without it other processes would take this one for dead, and its mails for abandoned.
        moment = time.monotonic()
        if moment - self._lease_checked > _CHECK_LEASE_EVERY:
            if not self.lease.is_present():
                self.lease.renew()
            self._lease_checked = moment

    def _write(self, batch: Batch) -> None:
        try:
            with self.engine.begin() as connection:
                batch.write(connection)
        except Exception:
            self._unsent.add(batch.begun, batch.worker)
            raise
        for call in batch.deliveries:
            if call.key:
                self._unsent.remove(call.key.value)

    def _decide(self, calls: Sequence[SendCall], capacity: int, batch: Batch) -> None:
        keys = [call.key.value for call in calls if call.key]
        with self.engine.connect() as connection:
            records = find_calls(connection, keys) if keys else {}
            members = self.decider.look_up(connection, [call.user_id for call in calls])
            for call in calls:
                if len(batch.deliveries) >= capacity:
                    batch.postponed.append(call)
                    continue
                call.record = records.get(call.key.value) if call.key else None
                call.member = members[call.user_id]
                try:
                    self._decide_one(connection, call, batch)
                except DBAPIError:
                    raise
                except Exception as error:  # noqa: BLE001 - the other calls go on
                    self.log.failure("notification_failed", error)
                    batch.answer(call, error)

    def _decide_one(self, connection: Connection, call: SendCall, batch: Batch) -> None:
        if call.key and call.record and self._resolve(connection, call, call.key, batch):
            return
        assert call.member is not None  # noqa: S101 - it was looked up
        batch.decide(call, self.decider.decide(connection, call.member, call.period))

    def _resolve(
        self, connection: Connection, call: SendCall, key: IdempotencyKey, batch: Batch
    ) -> bool:
        """Answer from the record of an earlier call with the key, and return whether that did."""
        record = call.record
        assert record is not None  # noqa: S101 - the caller has checked it
        if record.key != key:
            batch.answer(call, KEY_REUSED)
        elif record.finished:
            batch.answer(call, record.reply)
        elif not record.handing or self._unsent.has(key.value, record.worker):
            return False
        elif record.worker != self.lease.worker and self.lease.is_alive(connection, record.worker):
            batch.answer(call, IN_PROGRESS)
        else:
            # It was abandoned between the delivery and its record: by a crash, or because the mail
            # server did not answer.
            delivered = self.mailer.was_delivered(key.value)
            if delivered is None:
                self._delivery_log.doubt(record.message_id or "")
                batch.answer(call, in_doubt(record.message_id or ""))
            elif delivered:
                batch.finish(call, record.reply, record.worker)
            return delivered is not False
        return True

    def _put_off(self, calls: Sequence[SendCall], error: Exception) -> Batch:
        batch = Batch(self.lease.worker, self.now())
        for call in calls:
            batch.answer(call, self._answer_to(error))
        # Deliveries that have ended are recorded as soon as the database works. An error that does
        # not come from its failing would come again: these calls stay in doubt, as after a crash.
        away = is_away(error)
        late = time.monotonic() - _RECORD_WITHIN
        kept: list[SendCall] = []
        for call in self._unrecorded:
            if not away or call.delivered_at <= late:
                batch.answer(call, in_doubt(call.message_id))
                call.delivered_at = inf
            if away:
                kept.append(call)
        self._unrecorded = kept
        return batch

    def _release(self, batch: Batch) -> None:
        unrecorded = set(map(id, self._unrecorded))
        # The client of a postponed call may go away, and then the call would never come back.
        for call in (*(call for call, _ in batch.answers), *batch.postponed):
            key = call.key_value
            if key and self._in_progress.get(key) is call and id(call) not in unrecorded:
                del self._in_progress[key]

    def _answer_to(self, error: Exception) -> Answer | Exception:
        if is_away(error):
            # Such as SQLITE_FULL: the operator has to do something, or to wait.
            code = code_of(error)
            self.log.warning("database_failed", error=type(error).__name__, code=code)
            return deferred("The database does not work.", _RETRY_AFTER)
        self.log.failure("calls_failed", error, unrecorded=len(self._unrecorded))
        return error

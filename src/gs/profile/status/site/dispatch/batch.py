# SPDX-License-Identifier: MIT
"""One step of the processor: what it writes in one transaction, and what may be done after it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from gs.profile.status.hooks import HookReply, Status
from gs.profile.status.site.addresses import mailbox
from gs.profile.status.site.delivery import RefusedRecipient
from gs.profile.status.site.model import EVENT_CODES
from gs.profile.status.site.store.audit import Event, record_events
from gs.profile.status.site.store.calls import (
    CallRecord,
    abandon_calls,
    begin_calls,
    finish_calls,
    release_calls,
)
from gs.profile.status.site.store.database import Connection
from gs.profile.status.site.store.members import mark_undeliverable

from .call import SendCall
from .decide import Decision
from .outcome import IN_PROGRESS, Answer, Record


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

# SPDX-License-Identifier: MIT
"""What is to be written down in one transaction, with what may be done once it is."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from gs.profile.status.hooks import HookReply, Status
from gs.profile.status.site.addresses import mailbox
from gs.profile.status.site.delivery import (
    AllRefusedError,
    NotTakenError,
    RefusedRecipient,
    RejectedError,
)
from gs.profile.status.site.model import EVENT_CODES
from gs.profile.status.site.store.audit import Event, record_events
from gs.profile.status.site.store.calls import (
    BegunCall,
    FinishedCall,
    KnownCall,
    begin_calls,
    finish_calls,
    leave_calls,
    take_back_calls,
)
from gs.profile.status.site.store.database import Connection
from gs.profile.status.site.store.members import mark_undeliverable

from .call import (
    Answer,
    DeliveryEnd,
    HandOver,
    InDoubtError,
    InProgressError,
    NotNotifiedError,
    PendingCall,
)
from .decide import Decision, rejected, skipped

# Seconds: a call that may go on right away.
_AT_ONCE: Final = 1


class Recording:
    """Collects rows, answers and letters; what is not a row counts only after :meth:`write`."""

    def __init__(self, worker: str, moment: datetime) -> None:
        self.worker = worker
        self._moment = moment
        self.answers: list[tuple[PendingCall, Answer]] = []
        self.letters: list[HandOver] = []
        self.left_over: list[PendingCall] = []
        self._begun: dict[str, BegunCall] = {}
        self._finished: list[FinishedCall] = []
        self._taken_back: dict[str, list[str]] = {}
        self._left: dict[str, list[str]] = {}
        self._events: list[tuple[PendingCall, Event]] = []
        self._refused: list[RefusedRecipient] = []

    def answer(self, task: PendingCall, answer: Answer) -> None:
        """Answer *task*; nothing of it is written down."""
        self.answers.append((task, answer))

    def decide(self, task: PendingCall, decision: Decision, known: KnownCall | None) -> None:
        """Do as was decided: hand over a letter, or answer why there is none."""
        if decision.letter is None:
            # What somebody left, and is certainly not taken, ends here.
            self.finish(task, decision.reply, known.left_by if known else None)
            return
        self.letters.append(HandOver(task, decision.letter, decision, self.worker))
        notice = task.notice
        if notice.call:
            self._begun[notice.call.key] = BegunCall(
                call=notice.call,
                user_id=notice.user_id,
                period=notice.period,
                moment=self._moment,
                worker=self.worker,
                message_id=decision.letter.message_id,
                reply=decision.reply,
                left_by=known.left_by if known else None,
            )

    def finish(self, task: PendingCall, reply: HookReply, worker: str | None = None) -> None:
        """Write down what was decided, with the reply where there is a key; then answer.

        *worker* had begun it; ``None``: nobody had.
        """
        notice, code = task.notice, EVENT_CODES[Status(reply.status)]
        event = Event(self._moment, code, notice.user_id, str(notice.period))
        self._events.append((task, event))
        if notice.call:
            finished = FinishedCall(
                notice.call, notice.user_id, notice.period, self._moment, reply, worker
            )
            self._finished.append(finished)
        self.answers.append((task, reply))

    def end(self, ended: DeliveryEnd) -> None:
        """Write down how a hand-over ended, and answer accordingly."""
        one, user_id = ended.hand_over, ended.hand_over.task.notice.user_id
        match ended.outcome:
            case tuple() as refused:
                self._mark(refused, one)
                self.finish(one.task, one.decision.reply, one.worker)
            case AllRefusedError(refused=refused) if len(refused) < len(one.letter.recipients):
                # These alone were in the others' way: without them it can be handed over.
                self._mark(refused, one)
                self._take_back(one, NotNotifiedError(str(ended.outcome), _AT_ONCE))
            case AllRefusedError(refused=refused):
                self._mark(refused, one)
                status = Status.NO_VERIFIED_ADDRESS
                reply = skipped(status, user_id, one.decision.name)
                self.finish(one.task, reply, one.worker)
            case RejectedError() as error:
                self._take_back(one, rejected(str(error), user_id, one.decision.name))
            case NotTakenError() as error:
                self._take_back(one, NotNotifiedError(str(error), error.retry_after))
            case _:
                self._file(self._left, one)
                self.tell(ended)

    def tell(self, ended: DeliveryEnd) -> None:
        """Tell the caller that it is in doubt; it is written down later, if at all."""
        one = ended.hand_over
        self.answer(one.task, InDoubtError(one.letter.message_id))

    def write(self, connection: Connection) -> None:
        """Write all of it; where another process was quicker with a key, leave that to it."""
        if self._begun:
            begun = begin_calls(connection, list(self._begun.values()))
            self._yield(self._begun.keys() - begun)
        if self._refused:
            mark_undeliverable(connection, self._refused, self._moment)
        for worker, keys in self._taken_back.items():
            take_back_calls(connection, worker, keys)
        for worker, keys in self._left.items():
            leave_calls(connection, worker, keys)
        if self._finished:
            finished = finish_calls(connection, self._finished)
            self._yield({one.call.key for one in self._finished} - finished)
        if self._events:
            record_events(connection, [event for _, event in self._events])

    @property
    def begun(self) -> Iterable[str]:
        """The keys of the calls whose letters are to be begun."""
        return self._begun.keys()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        rows = (self._begun, self._finished, self._taken_back, self._left, self._refused)
        return not any((*rows, self._events))

    def _mark(self, refused: tuple[RefusedRecipient, ...], one: HandOver) -> None:
        # The mail server is told of hosts in ASCII, and the database may have others.
        stored = {mailbox("", address): address for address in one.decision.addresses}
        for refusal in refused:
            address = stored.get(refusal.address, refusal.address)
            self._refused.append(replace(refusal, address=address))

    def _take_back(self, one: HandOver, answer: Answer) -> None:
        # Certainly not handed over: the same call may go on, with its key.
        self._file(self._taken_back, one)
        self.answer(one.task, answer)

    @staticmethod
    def _file(files: dict[str, list[str]], one: HandOver) -> None:
        call = one.task.notice.call
        if call:
            files.setdefault(one.worker, []).append(call.key)

    def _yield(self, keys: set[str]) -> None:
        if not keys:
            return

        def ours(task: PendingCall) -> bool:
            return task.notice.call is None or task.notice.call.key not in keys

        theirs = {one.task for one in self.letters} | {task for task, _ in self._events}
        self.letters = [one for one in self.letters if ours(one.task)]
        self._events = [(task, event) for task, event in self._events if ours(task)]
        kept = [(task, answer) for task, answer in self.answers if ours(task)]
        turned_away = [(task, InProgressError()) for task in theirs if not ours(task)]
        self.answers = [*kept, *turned_away]

# SPDX-License-Identifier: MIT
"""What is to be written down in one transaction, with what may be done once it is."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gs.profile.status.hooks import Reply, Status
from gs.profile.status.site.eligible import EVENT_CODES
from gs.profile.status.site.letter.addresses import mailbox
from gs.profile.status.site.mail import AllRefusedError, NotTakenError, Refused, RejectedError
from gs.profile.status.site.store.addresses import mark_undeliverable
from gs.profile.status.site.store.audit import Event, record_events
from gs.profile.status.site.store.calls import (
    Begun,
    Finished,
    Known,
    begin_calls,
    finish_calls,
    take_back_calls,
)

from .deciding import Decision, rejected, skipped
from .notice import InDoubtError, InProgressError, NotNotifiedError
from .tasks import Answer, Ended, HandOver, Task

# Seconds: a call that may go on right away.
_AT_ONCE: Final = 1


class Recording:
    """Collects rows, answers and letters; the latter two count only after :meth:`write`."""

    def __init__(self, worker: str, moment: datetime) -> None:
        self._worker = worker
        self._moment = moment
        self.answers: list[tuple[Task, Answer]] = []
        self.letters: list[HandOver] = []
        self._begun: dict[str, Begun] = {}
        self._finished: list[Finished] = []
        self._taken_back: dict[str, list[str]] = {}
        self._events: list[Event] = []
        self._refused: list[Refused] = []

    def answer(self, task: Task, answer: Answer) -> None:
        """Answer *task*; nothing of it is written down."""
        self.answers.append((task, answer))

    def decide(self, task: Task, decision: Decision, known: Known | None) -> None:
        """Do as was decided: hand over a letter, or answer why there is none."""
        if decision.letter is None:
            self.finish(task, decision.reply)
            return
        self.letters.append(HandOver(task, decision.letter, decision, self._worker))
        notice = task.notice
        if notice.call:
            self._begun[notice.call.key] = Begun(
                call=notice.call,
                user_id=notice.user_id,
                period=notice.period,
                moment=self._moment,
                worker=self._worker,
                message_id=decision.letter.message_id,
                reply=decision.reply,
                left_by=known.left_by if known else None,
            )

    def finish(self, task: Task, reply: Reply) -> None:
        """Write down what was decided, with the reply where there is a key; then answer."""
        notice, code = task.notice, EVENT_CODES[Status(reply.status)]
        self._events.append(Event(self._moment, code, notice.user_id, str(notice.period)))
        if notice.call:
            self._finished.append(
                Finished(notice.call, notice.user_id, notice.period, self._moment, reply)
            )
        self.answers.append((task, reply))

    def end(self, ended: Ended) -> None:
        """Write down how a hand-over ended, and answer accordingly."""
        one, user_id = ended.hand_over, ended.hand_over.task.notice.user_id
        match ended.outcome:
            case tuple() as refused:
                self._mark(refused, one)
                self.finish(one.task, one.decision.reply)
            case AllRefusedError(refused=refused) if len(refused) < len(one.letter.recipients):
                # These alone were in the others' way: without them it can be handed over.
                self._mark(refused, one)
                self._take_back(one, NotNotifiedError(str(ended.outcome), _AT_ONCE))
            case AllRefusedError(refused=refused):
                self._mark(refused, one)
                status = Status.NO_VERIFIED_ADDRESS
                self.finish(one.task, skipped(status, user_id, one.decision.name))
            case RejectedError() as error:
                self._take_back(one, rejected(str(error), user_id, one.decision.name))
            case NotTakenError() as error:
                self._take_back(one, NotNotifiedError(str(error), error.retry_after))
            case _:
                self.tell(ended)

    def tell(self, ended: Ended) -> None:
        """Tell the caller that it is in doubt; it is written down later, if at all."""
        one = ended.hand_over
        self.answer(one.task, InDoubtError(one.letter.message_id))

    def write(self, connection: Connection) -> None:
        """Write all of it, where another process was quicker with a key leave that to it."""
        if self._begun:
            begun = begin_calls(connection, list(self._begun.values()))
            self._leave(self._begun.keys() - begun)
        if self._refused:
            mark_undeliverable(connection, self._refused, self._moment)
        for worker, keys in self._taken_back.items():
            take_back_calls(connection, worker, keys)
        if self._finished:
            finish_calls(connection, self._finished)
        if self._events:
            record_events(connection, self._events)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self._begun or self._finished or self._taken_back or self._events)

    def _mark(self, refused: tuple[Refused, ...], one: HandOver) -> None:
        # The mail server is told of hosts in ASCII, and the database may have others.
        stored = {mailbox("", address): address for address in one.decision.addresses}
        for refusal in refused:
            address = stored.get(refusal.address, refusal.address)
            self._refused.append(replace(refusal, address=address))

    def _take_back(self, one: HandOver, answer: Answer) -> None:
        # Certainly not handed over: the same call may go on, with its key.
        call = one.task.notice.call
        if call:
            self._taken_back.setdefault(one.worker, []).append(call.key)
        self.answer(one.task, answer)

    def _leave(self, keys: set[str]) -> None:
        if not keys:
            return
        kept = []
        for letter in self.letters:
            call = letter.task.notice.call
            if call and call.key in keys:
                self.answer(letter.task, InProgressError())
            else:
                kept.append(letter)
        self.letters = kept

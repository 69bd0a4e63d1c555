# SPDX-License-Identifier: MIT
"""Processes calls of the send hook, as many together as there are."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from typing import Final

from gs.profile.status.site.delivery import DoubtError, Mailer
from gs.profile.status.site.logs import Log, code_of
from gs.profile.status.site.store.calls import KnownCall, find_calls
from gs.profile.status.site.store.database import Connection, DBAPIError, Engine, is_away
from gs.profile.status.site.store.workers import WorkerLease

from .call import (
    Answer,
    DeliveryEnd,
    InDoubtError,
    InProgressError,
    NotNotifiedError,
    OtherFormError,
    PendingCall,
)
from .decide import Decider, MemberData
from .recording import Recording
from .reporting import DeliveryLog

#: So many are remembered, at most; of those before them the calls are in doubt.
MOST: Final = 10_000


class UnsentKeys:
    """The calls that may be written down as begun: their commit failed, and no letter has left.

    A commit that gets no answer may be durable all the same. One thread alone may ask.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._workers: dict[str, str] = {}

    def add(self, keys: Iterable[str], worker: str) -> None:
        """Remember that *worker* tried to begin these, and hands no letter over for it."""
        for key in keys:
            self._workers.pop(key, None)
            self._workers[key] = worker
        while len(self._workers) > self._most:
            del self._workers[next(iter(self._workers))]

    def forget(self, key: str) -> None:
        """Forget a call whose letter may leave from now on."""
        self._workers.pop(key, None)

    def has(self, key: str, known: KnownCall) -> bool:
        """Return whether what is *known* of the call was written by such a commit."""
        return self._workers.get(key) == known.worker


# Seconds after which a call that the database did not take is worth another try.
_LATER: Final = 10
# Seconds that a caller waits, at the most, for the record of a letter that was handed over.
_TO_RECORD: Final = 20.0
# Seconds after which this process makes sure that the others see it.
_PRESENT: Final = 5.0


@dataclass(slots=True, eq=False)
class Processor:
    """Decides and records; what is to be done between two records, it returns.

    Which calls are in progress it keeps in its memory, so one thread alone may work at it. *now*
    is the site's clock.
    """

    engine: Engine
    decider: Decider
    mailer: Mailer
    presence: WorkerLease
    now: Callable[[], datetime]
    log: Log
    _in_progress: dict[str, PendingCall] = field(default_factory=dict)
    _unrecorded: list[DeliveryEnd] = field(default_factory=list)
    _kept_back: UnsentKeys = field(default_factory=UnsentKeys)
    _reporter: DeliveryLog = field(init=False)
    _attended: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Tell the log how hand-overs end."""
        self._reporter = DeliveryLog(self.log)

    @property
    def behind(self) -> bool:
        """Whether there is something that the database has not taken yet."""
        return bool(self._unrecorded)

    def work(
        self, tasks: Sequence[PendingCall], ended: Sequence[DeliveryEnd], room: int
    ) -> Recording:
        """Take up *tasks*, record what has *ended*; return what may be done now that it is.

        No more than *room* letters are begun; the tasks that are left over are for another time.
        """
        self._unrecorded += ended
        for one in ended:
            self._reporter.report(one)
        admitted, turned_away = self._admit(tasks)
        try:
            recording = self._work(admitted, room)
            self._unrecorded = []
        except Exception as error:  # noqa: BLE001 - whatever it is, no letter of *tasks* has left
            recording = self._put_off(admitted, error)
        self._release(recording)
        recording.answers += turned_away
        return recording

    def _work(self, admitted: Sequence[PendingCall], room: int) -> Recording:
        self._attend()
        recording = Recording(self.presence.worker, self.now())
        for one in self._unrecorded:
            recording.end(one)
        if admitted:
            self._decide(admitted, room, recording)
        if not recording.empty:
            self._write(recording)
        return recording

    def _write(self, recording: Recording) -> None:
        try:
            with self.engine.begin() as connection:
                recording.write(connection)
        except Exception:
            self._kept_back.add(recording.begun, recording.worker)
            raise
        for one in recording.letters:
            if call := one.task.notice.call:
                self._kept_back.forget(call.key)

    def _attend(self) -> None:
        # Other processes would take this one for dead, and its letters for left.
        moment = time.monotonic()
        if moment - self._attended > _PRESENT:
            if not self.presence.is_present():
                self.presence.renew()
            self._attended = moment

    def _admit(
        self, tasks: Sequence[PendingCall]
    ) -> tuple[list[PendingCall], list[tuple[PendingCall, Answer]]]:
        admitted: list[PendingCall] = []
        turned_away: list[tuple[PendingCall, Answer]] = []
        for task in tasks:
            call = task.notice.call
            first = task if call is None else self._in_progress.setdefault(call.key, task)
            if first is task:
                admitted.append(task)
            else:
                same = first.notice.call == call
                turned_away.append((task, InProgressError() if same else OtherFormError()))
        return admitted, turned_away

    def _decide(self, tasks: Sequence[PendingCall], room: int, recording: Recording) -> None:
        keys = [task.notice.call.key for task in tasks if task.notice.call]
        with self.engine.connect() as connection:
            known = find_calls(connection, keys) if keys else {}
            members = self.decider.look_up(connection, (task.notice.user_id for task in tasks))
            for task in tasks:
                if len(recording.letters) >= room:
                    recording.left_over.append(task)
                    continue
                call = task.notice.call
                before = known.get(call.key) if call else None
                case = _Case(task, before, members[task.notice.user_id])
                try:
                    self._decide_one(connection, case, recording)
                except DBAPIError:
                    raise
                except Exception as error:  # noqa: BLE001 - the others' calls go on
                    self.log.failure("notification_failed", error)
                    recording.answer(task, error)

    def _decide_one(self, connection: Connection, case: "_Case", recording: Recording) -> None:
        if case.known is None or not self._is_settled(connection, case, case.known, recording):
            period = case.task.notice.period
            decision = self.decider.decide(connection, case.member, period)
            recording.decide(case.task, decision, case.known)

    def _is_settled(
        self, connection: Connection, case: "_Case", known: KnownCall, recording: Recording
    ) -> bool:
        call = case.task.notice.call
        if call is None or known.fingerprint != call.fingerprint:
            recording.answer(case.task, OtherFormError())
        elif known.finished:
            recording.answer(case.task, known.reply)
        elif not known.handing or self._kept_back.has(call.key, known):
            return False
        elif self._is_elsewhere(connection, known):
            recording.answer(case.task, InProgressError())
        else:
            return self._is_taken(case.task, known, recording)
        return True

    def _is_elsewhere(self, connection: Connection, known: KnownCall) -> bool:
        own = known.worker == self.presence.worker
        return not own and self.presence.is_alive(connection, known.worker)

    def _is_taken(self, task: PendingCall, known: KnownCall, recording: Recording) -> bool:
        # It was left between the hand-over and the record: by a crash, or a mail server that
        # did not answer.
        try:
            taken = task.notice.call is not None and self.mailer.has_taken(task.notice.call.key)
        except DoubtError:
            self._reporter.doubt(known.message_id or "")
            recording.answer(task, InDoubtError(known.message_id or ""))
            return True
        if taken:
            recording.finish(task, known.reply, known.worker)
        return taken

    def _put_off(self, tasks: Sequence[PendingCall], error: Exception) -> Recording:
        recording = Recording(self.presence.worker, self.now())
        for task in tasks:
            recording.answer(task, self._answer_to(error))
        # What left before is recorded as soon as the database works. An error that is not of its
        # working would come again: that stays in doubt, as a crash would leave it.
        late = time.monotonic() - _TO_RECORD if is_away(error) else inf
        for ended in self._unrecorded:
            if ended.since <= late:
                recording.tell(ended)
        kept = () if late == inf else self._unrecorded
        self._unrecorded = [
            replace(ended, since=inf) if ended.since <= late else ended for ended in kept
        ]
        return recording

    def _release(self, recording: Recording) -> None:
        unrecorded = {one.hand_over.task for one in self._unrecorded}
        # Who is left over may go away meanwhile, and would never be heard of again.
        for task in (*(task for task, _ in recording.answers), *recording.left_over):
            call = task.notice.call
            if call and self._in_progress.get(call.key) is task and task not in unrecorded:
                del self._in_progress[call.key]

    def _answer_to(self, error: Exception) -> Exception:
        if is_away(error):
            # Such as SQLITE_FULL: there is something to mend, or nothing but to wait.
            code = code_of(error)
            self.log.warning("database_failed", error=type(error).__name__, code=code)
            return NotNotifiedError("The database does not work.", _LATER)
        self.log.failure("calls_failed", error, unrecorded=len(self._unrecorded))
        return error


@dataclass(frozen=True, slots=True)
class _Case:
    """A call, with what is known of its key and of its member."""

    task: PendingCall
    known: KnownCall | None
    member: MemberData

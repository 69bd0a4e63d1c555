# SPDX-License-Identifier: MIT
"""Runs the desk in a thread of its own, and hands its letters over in others."""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Final

from gs.profile.status.hooks import HookReply
from gs.profile.status.site.delivery import Mailer, RefusedRecipient

from .call import (
    Answer,
    DeliveryEnd,
    DispatchMetrics,
    HandOver,
    NotNotifiedError,
    PendingCall,
    SendRequest,
)
from .processor import Processor

# Calls that are worked on together: enough to share each step, few enough not to wait long.
_TOGETHER: Final = 32
# Letters that are begun, for each that the mailer can take at a time. One waits while another is
# handed over; more would only be in doubt after a crash.
_AHEAD: Final = 2
# Seconds that calls which do not come alone wait for more company: each step and each commit is
# then for more of them. Whoever calls one at a time never waits.
_COMPANY: Final = 0.002
# Seconds between two tries to record what the database did not take.
_PAUSE: Final = 0.5
# Seconds that these tries go on once the site is told to stop.
_AT_THE_END: Final = 10.0


class Dispatcher:
    """Takes calls from any event loop. Nothing is lost when it is closed: what is begun, ends."""

    def __init__(self, desk: Processor, mailer: Mailer, meter: DispatchMetrics) -> None:
        self._desk = desk
        self._mailer = mailer
        self._meter = meter
        self._tasks: deque[PendingCall] = deque()
        self._ended: deque[DeliveryEnd] = deque()
        self._letters: SimpleQueue[HandOver | None] = SimpleQueue()
        self._handing = 0
        self._closing = False
        self._changed = threading.Condition()
        # All of them now: a thread that cannot be had later would leave a letter lying.
        self._handers = [_started(self._hand_over_all, "hand-over") for _ in range(mailer.jobs)]
        self._thread = _started(self._run, "dispatcher")

    @property
    def alive(self) -> bool:
        """Whether calls are worked on."""
        return self._thread.is_alive()

    async def notify(self, notice: SendRequest) -> HookReply:
        """Return what became of the notification; the letter was handed over when it was sent.

        Raises :class:`.NotNotifiedError`, :class:`.InProgressError`, :class:`.OtherFormError` and
        :class:`.InDoubtError`.
        """
        loop = asyncio.get_running_loop()
        task = PendingCall(notice, loop, loop.create_future())
        with self._changed:
            if self._closing or not self.alive:
                raise NotNotifiedError("The site stops.")
            self._tasks.append(task)
            self._meter.waiting(len(self._tasks))
            self._changed.notify()
        return await task.future

    def close(self) -> None:
        """Finish what was taken up and is waited for, and close the mailer."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        for _ in self._handers:
            self._letters.put(None)
        for hander in self._handers:
            hander.join()
        self._mailer.close()

    def _run(self) -> None:
        deadline: float | None = None
        company = False
        while True:
            tasks, ended = self._next(company=company)
            company = len(tasks) + len(ended) > 1
            self._work(tasks, ended)
            with self._changed:
                over = self._closing and not (self._tasks or self._ended or self._handing)
            if over and self._desk.behind:
                deadline = deadline or time.monotonic() + _AT_THE_END
                over = time.monotonic() > deadline
            if over:
                return

    def _next(self, *, company: bool) -> tuple[list[PendingCall], list[DeliveryEnd]]:
        if company:
            time.sleep(_COMPANY)
        with self._changed:
            while not (self._ended or (self._tasks and self._room())):
                if self._closing and not self._handing and not self._desk.behind:
                    break
                if not self._changed.wait(_PAUSE if self._desk.behind else None):
                    break
            ended = list(self._ended)
            self._ended.clear()
            many = min(_TOGETHER, len(self._tasks)) if self._room() else 0
            tasks = [self._tasks.popleft() for _ in range(many)]
            self._meter.waiting(len(self._tasks))
        # Who has gone away is not notified; the call may come again.
        return [task for task in tasks if not task.future.done()], ended

    def _room(self) -> int:
        return max(0, _AHEAD * self._mailer.jobs - self._handing)

    def _work(self, tasks: Sequence[PendingCall], ended: Sequence[DeliveryEnd]) -> None:
        done = self._desk.work(tasks, ended, self._room())
        self._answer(done.answers)
        with self._changed:
            self._handing += len(done.letters)
            self._tasks.extendleft(reversed(done.left_over))
        for letter in done.letters:
            self._letters.put(letter)

    def _answer(self, answers: Sequence[tuple[PendingCall, Answer]]) -> None:
        loops: dict[asyncio.AbstractEventLoop, list[tuple[PendingCall, Answer]]] = {}
        for task, answer in answers:
            if not task.future.done():  # else it was in doubt before, or has gone
                self._meter.answered(answer)
            loops.setdefault(task.loop, []).append((task, answer))
        for loop, some in loops.items():
            with contextlib.suppress(RuntimeError):  # it is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, some)

    def _hand_over_all(self) -> None:
        while letter := self._letters.get():
            ended = self._hand_over(letter)
            self._meter.handed_over(ended.outcome)
            with self._changed:
                self._handing -= 1
                self._ended.append(ended)
                self._changed.notify()

    def _hand_over(self, one: HandOver) -> DeliveryEnd:
        outcome: tuple[RefusedRecipient, ...] | Exception
        notice = one.task.notice
        try:
            key = notice.call.key if notice.call else None
            outcome = self._mailer.hand_over(one.letter, notice.user_id, key)
        except Exception as error:  # noqa: BLE001 - the desk says what it means
            outcome = error
        return DeliveryEnd(one, outcome, time.monotonic())


def _started(work: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


def _settle(answers: Sequence[tuple[PendingCall, Answer]]) -> None:
    for task, answer in answers:
        task.settle(answer)

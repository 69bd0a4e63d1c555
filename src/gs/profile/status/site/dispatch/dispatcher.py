# SPDX-License-Identifier: MIT
"""Runs the processor in a thread of its own, and delivers its mails in other threads."""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, Protocol

from gs.profile.status.hooks import Period
from gs.profile.status.site.delivery import DeliveryResult, InDoubt, Mailer
from gs.profile.status.site.store.calls import IdempotencyKey

from .call import Answer, SendCall, deferred, label_of, outcome_of
from .processor import Processor

if TYPE_CHECKING:
    import asyncio

# Calls that are processed together: enough to share each step, few enough not to wait long.
_TOGETHER: Final = 32
# Deliveries that begin, for each that the mailer can take at a time. One waits while another is
# delivered. More of them would only be in doubt after a crash.
_AHEAD: Final = 2
# Seconds that calls which do not come alone wait for others, so that each step and each commit is
# for more of them. A client that calls one at a time never waits.
_GATHER: Final = 0.002
# Seconds between two attempts to record what the database did not take.
_PAUSE: Final = 0.5
# Seconds for which these attempts go on once the site is told to stop.
_STOP_WITHIN: Final = 10.0


class DispatchMetrics(Protocol):
    """Counts calls and deliveries; several threads call it at once."""

    def waiting(self, calls: int) -> None:
        """Set how many calls wait to be processed."""

    def answered(self, label: str) -> None:
        """Count a call by the label of its answer."""

    def delivered(self, label: str) -> None:
        """Count a delivery by the label of its outcome."""


class Dispatcher:
    """Takes calls from any event loop. When it is closed, what has begun is finished first."""

    def __init__(self, processor: Processor, mailer: Mailer, metrics: DispatchMetrics) -> None:
        self._processor = processor
        self._mailer = mailer
        self._metrics = metrics
        self._calls: deque[SendCall] = deque()
        self._delivered: deque[SendCall] = deque()
        self._deliveries: SimpleQueue[SendCall | None] = SimpleQueue()
        self._most_delivering = _AHEAD * mailer.jobs
        self._delivering = 0
        self._closing = False
        self._changed = threading.Condition()
        # All threads now: if one could not be started later, its mail would never be delivered.
        self._threads = [_started(self._deliver_all, "delivery") for _ in range(mailer.jobs)]
        self._thread = _started(self._run, "dispatcher")

    @property
    def alive(self) -> bool:
        """Whether calls are processed."""
        return self._thread.is_alive()

    async def send(
        self, user_id: str, period: Period, key: IdempotencyKey | None = None
    ) -> Answer:
        """Return what became of the notification; if it was sent, the mailer has taken the mail.

        Raises the exception that a bug caused.
        """
        call = SendCall(user_id, period, key)
        with self._changed:
            if self._closing or not self.alive:
                return deferred("The site stops.")
            self._calls.append(call)
            self._metrics.waiting(len(self._calls))
            self._changed.notify()
        return await call.future

    def close(self) -> None:
        """Finish the calls that have begun or wait, and close the mailer."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        for _ in self._threads:
            self._deliveries.put(None)
        for thread in self._threads:
            thread.join()
        self._mailer.close()

    def _run(self) -> None:
        deadline: float | None = None
        gather = False
        while True:
            calls, delivered = self._next(gather=gather)
            gather = len(calls) + len(delivered) > 1
            self._process(calls, delivered)
            with self._changed:
                over = self._closing and not (self._calls or self._delivered or self._delivering)
            if over and self._processor.behind:
                deadline = deadline or time.monotonic() + _STOP_WITHIN
                over = time.monotonic() > deadline
            if over:
                return

    def _next(self, *, gather: bool) -> tuple[list[SendCall], list[SendCall]]:
        if gather:
            time.sleep(_GATHER)
        with self._changed:
            while not (self._delivered or (self._calls and self._capacity())):
                if self._closing and not self._delivering and not self._processor.behind:
                    break
                if not self._changed.wait(_PAUSE if self._processor.behind else None):
                    break
            delivered = list(self._delivered)
            self._delivered.clear()
            count = min(_TOGETHER, len(self._calls)) if self._capacity() else 0
            calls = [self._calls.popleft() for _ in range(count)]
            self._metrics.waiting(len(self._calls))
        # Nothing is sent for a client that has gone away; it may call again.
        return [call for call in calls if not call.cancelled], delivered

    def _capacity(self) -> int:
        return max(0, self._most_delivering - self._delivering)

    def _process(self, calls: Sequence[SendCall], delivered: Sequence[SendCall]) -> None:
        batch = self._processor.process(calls, delivered, self._capacity())
        self._answer(batch.answers)
        with self._changed:
            self._delivering += len(batch.deliveries)
            self._calls.extendleft(reversed(batch.postponed))
        for call in batch.deliveries:
            self._deliveries.put(call)

    def _answer(self, answers: Sequence[tuple[SendCall, Answer | Exception]]) -> None:
        loops: dict[asyncio.AbstractEventLoop, list[tuple[SendCall, Answer | Exception]]] = {}
        for call, answer in answers:
            if not call.cancelled:  # else it was answered as in doubt before, or has gone
                self._metrics.answered(label_of(answer))
            loops.setdefault(call.loop, []).append((call, answer))
        for loop, some in loops.items():
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_give, some)

    def _deliver_all(self) -> None:
        while call := self._deliveries.get():
            result = self._deliver(call)
            assert call.decision is not None  # noqa: S101 - it is to be delivered
            call.outcome = outcome_of(result, call.user_id, call.decision)
            call.delivered_at = time.monotonic()
            self._metrics.delivered(call.outcome.label)
            with self._changed:
                self._delivering -= 1
                self._delivered.append(call)
                self._changed.notify()

    def _deliver(self, call: SendCall) -> DeliveryResult:
        assert call.mail is not None  # noqa: S101 - it is to be delivered
        try:
            return self._mailer.deliver(call.mail, call.user_id, call.key_value)
        except Exception as error:  # noqa: BLE001 - whatever it is, the mail may have been taken
            return InDoubt("an unexpected error", error)


def _started(work: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


def _give(answers: Sequence[tuple[SendCall, Answer | Exception]]) -> None:
    for call, answer in answers:
        call.answer(answer)

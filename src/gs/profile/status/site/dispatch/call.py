# SPDX-License-Identifier: MIT
"""What the dispatcher works on: a call, the letter of it, and how the hand-over ended."""

from asyncio import AbstractEventLoop, Future
from dataclasses import dataclass
from typing import TypeAlias

from gs.profile.status.hooks import Reply
from gs.profile.status.site.delivery import Letter, Refused

from .decide import Decision
from .notice import Notice

#: What a caller is told: a reply, or why there is none.
Answer: TypeAlias = Reply | Exception


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A call that waits for its answer."""

    notice: Notice
    loop: AbstractEventLoop
    future: Future[Reply]

    def settle(self, answer: Answer) -> None:
        """Give the caller the *answer*, in the thread of the loop; one who has gone is past it."""
        if self.future.done():
            return
        if isinstance(answer, Reply):
            self.future.set_result(answer)
        else:
            self.future.set_exception(answer)


@dataclass(frozen=True, slots=True, eq=False)
class HandOver:
    """A letter that is handed over by *worker*, and the decision that it is of."""

    task: Task
    letter: Letter
    decision: Decision
    worker: str


@dataclass(frozen=True, slots=True, eq=False)
class Ended:
    """How a hand-over ended: the recipients that were refused, or an exception of the mailer.

    *since* is when, in seconds of a clock that never goes back.
    """

    hand_over: HandOver
    outcome: tuple[Refused, ...] | Exception
    since: float

# SPDX-License-Identifier: MIT
"""A call of the send hook, from its form to its answer."""

from asyncio import AbstractEventLoop, Future
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from gs.profile.status.hooks import HookReply, Period
from gs.profile.status.site.delivery import OutgoingMail, RefusedRecipient
from gs.profile.status.site.store.calls import Call

from .decide import Decision


@dataclass(frozen=True, slots=True)
class SendRequest:
    """The notification of one member on one period; a repeat of the *call* is to mail nobody."""

    user_id: str
    period: Period
    call: Call | None = None


class NotNotifiedError(Exception):
    """Nobody was mailed, for certain; after *retry_after* seconds it may well be different."""

    def __init__(self, reason: str, retry_after: int = 60) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class InProgressError(Exception):
    """The first call with that key is still being worked on."""


class OtherFormError(Exception):
    """The key came with another form before."""


class InDoubtError(Exception):
    """The letter may or may not have been taken; it is not handed over again.

    The text names its Message-ID, by which the log of the mail server can be searched.
    """


#: What a caller is told: a reply, or why there is none.
Answer: TypeAlias = HookReply | Exception


@dataclass(frozen=True, slots=True, eq=False)
class PendingCall:
    """A call that waits for its answer."""

    notice: SendRequest
    loop: AbstractEventLoop
    future: Future[HookReply]

    def settle(self, answer: Answer) -> None:
        """Give the caller the *answer*, in the thread of the loop; one who has gone is past it."""
        if self.future.done():
            return
        if isinstance(answer, HookReply):
            self.future.set_result(answer)
        else:
            self.future.set_exception(answer)


@dataclass(frozen=True, slots=True, eq=False)
class HandOver:
    """A letter that is handed over by *worker*, and the decision that it is of."""

    task: PendingCall
    letter: OutgoingMail
    decision: Decision
    worker: str


@dataclass(frozen=True, slots=True, eq=False)
class DeliveryEnd:
    """How a hand-over ended: the recipients that were refused, or an exception of the mailer.

    *since* is when, in seconds of a clock that never goes back.
    """

    hand_over: HandOver
    outcome: tuple[RefusedRecipient, ...] | Exception
    since: float


class DispatchMetrics(Protocol):
    """Counts; several threads may call it at once: the dispatcher's, and those beside it."""

    def waiting(self, calls: int) -> None:
        """Hear how many calls wait to be taken up: from the dispatcher, and from event loops."""

    def answered(self, answer: Answer) -> None:
        """Hear what a caller is told, once for each: from the dispatcher."""

    def handed_over(self, outcome: tuple[RefusedRecipient, ...] | Exception) -> None:
        """Hear how a hand-over ended: from the threads that hand letters over."""

# SPDX-License-Identifier: MIT
"""A call of the send hook, from its form to its answer, and what follows from its delivery."""

import asyncio
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal, TypeAlias

from gs.profile.status.hooks import KEY_HEADER, HookReply, Period, Status
from gs.profile.status.site.delivery import (
    Deferred,
    Delivered,
    DeliveryResult,
    InDoubt,
    OutgoingMail,
    RecipientsRefused,
    RefusedRecipient,
    Rejected,
)
from gs.profile.status.site.store.calls import CallRecord, IdempotencyKey

from .decide import Decision, MemberData, skipped

# Seconds until a call may be repeated whose mail has other recipients.
_AT_ONCE: Final = 1
_DEFERRED: Final = "Nobody was mailed. {reason}\n"
_IN_PROGRESS: Final = f"{KEY_HEADER}: the site is still working on the call with this key.\n"
_KEY_REUSED: Final = f"{KEY_HEADER}: this key was used with another form before.\n"
_IN_DOUBT: Final = """\
The mail server may or may not have taken this member's notification: the mail server, the site or
the connection between them failed. The site does not send it again. Look for {message_id} in the
log of the mail server, and then record the result with "sendprofile-site doubts".
"""


@dataclass(frozen=True, slots=True)
class NoReply:
    """The answer to a call that has no reply of the hook.

    *status* and *text* are those of HTTP, *retry_after* is in seconds, *label* is for the metric.
    """

    status: int
    text: str
    label: str
    retry_after: int | None = None


#: What a caller of the send hook gets.
Answer: TypeAlias = HookReply | NoReply
IN_PROGRESS: Final = NoReply(409, _IN_PROGRESS, "in_progress")
KEY_REUSED: Final = NoReply(422, _KEY_REUSED, "key_reused")


class Record(Enum):
    """What to write of a call whose delivery has ended."""

    FINISH = "the reply is final"
    RELEASE = "nobody was mailed, so that the call may be repeated with its key"
    ABANDON = "the mail is in doubt, and nobody works on it any more"


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """What follows from the result of a delivery.

    *record* and *refused* are for the database, *answer* for the caller, *label* for the metric of
    deliveries; *event* for the log, if the operator is to see it, with its level and *detail*.
    """

    record: Record
    answer: Answer
    label: str
    refused: tuple[RefusedRecipient, ...] = ()
    event: str = ""
    level: Literal["info", "warning"] = "warning"
    detail: str = ""
    error: Exception | None = None


@dataclass(slots=True, eq=False)
class SendCall:
    """One call of the send hook. Each step adds what it finds out.

    *key* is ``None`` if the call had no idempotency key. *record* is what the database has of the
    key, *member* what it has of the member. *decision* follows from these; with a mail to deliver,
    *worker* is the process that delivers it, and *outcome* follows from the delivery, which ended
    at the monotonic time *delivered_at*, in seconds.
    """

    user_id: str
    period: Period
    key: IdempotencyKey | None
    record: CallRecord | None = None
    member: MemberData | None = None
    decision: Decision | None = None
    worker: str = ""
    outcome: DeliveryOutcome | None = None
    delivered_at: float = 0.0
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    future: asyncio.Future[Answer] = field(init=False)

    def __post_init__(self) -> None:
        """Create the future that the caller waits for, in the caller's event loop."""
        self.future = self.loop.create_future()

    @property
    def key_value(self) -> str | None:
        """The idempotency key itself."""
        return self.key.value if self.key else None

    @property
    def mail(self) -> OutgoingMail | None:
        """The mail to deliver, if it was decided that there is one."""
        return self.decision.mail if self.decision else None

    @property
    def message_id(self) -> str:
        """The Message-ID of the mail; empty if there is none."""
        return self.mail.message_id if self.mail else ""

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the answer: the client has gone, or has been answered."""
        return self.future.done()

    def answer(self, answer: Answer | Exception) -> None:
        """Give the caller the *answer*; called in the thread of the event loop."""
        if self.future.done():
            return
        if isinstance(answer, Exception):
            self.future.set_exception(answer)
        else:
            self.future.set_result(answer)


def outcome_of(result: DeliveryResult, user_id: str, decision: Decision) -> DeliveryOutcome:
    """Return what follows from the *result* of the delivery that *decision* asked for."""
    mail, name = decision.mail, decision.name
    assert mail is not None  # noqa: S101 - there was something to deliver
    record: Record
    answer: Answer
    match result:
        case Delivered(refused):
            label = "partly_refused" if refused else "delivered"
            return DeliveryOutcome(Record.FINISH, decision.reply, label, refused)
        case RecipientsRefused(refused) if len(refused) < len(mail.recipients):
            # These recipients alone prevented the delivery: without them the mail can be sent.
            record, answer = Record.RELEASE, deferred(result.replies, _AT_ONCE)
        case RecipientsRefused(refused):
            record, answer = Record.FINISH, skipped(Status.NO_VERIFIED_ADDRESS, user_id, name)
        case Rejected(reply):
            answer = _rejected(reply, user_id, name)
            return DeliveryOutcome(
                Record.RELEASE, answer, "rejected", event="mail_rejected", detail=reply
            )
        case Deferred(reason, retry_after):
            answer = deferred(reason, retry_after)
            return DeliveryOutcome(
                Record.RELEASE, answer, "deferred", event="mail_deferred", detail=reason
            )
        case InDoubt(reason, error):
            answer = in_doubt(mail.message_id)
            event = "delivery_failed" if error else "mail_in_doubt"
            return DeliveryOutcome(
                Record.ABANDON, answer, "in_doubt", event=event, detail=reason, error=error
            )
    # The address is marked, so that the log has to say no more than that it is.
    return DeliveryOutcome(
        record,
        answer,
        "recipients_refused",
        refused,
        event="recipients_refused",
        level="info",
        detail=result.replies,
    )


def deferred(reason: str, retry_after: int = 60) -> NoReply:
    """Return the answer to a call that certainly mailed nobody, and may be repeated."""
    return NoReply(503, _DEFERRED.format(reason=reason), "deferred", retry_after)


def in_doubt(message_id: str) -> NoReply:
    """Return the answer to a call whose mail may or may not have been taken."""
    text = _IN_DOUBT.format(message_id=message_id or "a mail to the member")
    return NoReply(500, text, "in_doubt")


def label_of(answer: Answer | Exception) -> str:
    """Return the label of an answer in the metric of calls."""
    match answer:
        case HookReply(status) if status in _LABELS:
            return _LABELS[status]
        case NoReply(label=label):
            return label
        case _:
            return "failed"


_LABELS: Final[dict[int, str]] = {status: status.name.lower() for status in Status}


def _rejected(reply: str, user_id: str, name: str) -> HookReply:
    # The server's reply first: a sender may show the beginning of the message alone.
    text = f"It rejected the monthly profile-status notification to {name} ({user_id})"
    return HookReply(Status.OTHER, f"The mail server said: {reply.rstrip('.')}. {text}")

# SPDX-License-Identifier: MIT
"""A call of the send hook, from its form to its answer."""

import asyncio
from dataclasses import dataclass, field

from gs.profile.status.hooks import Period
from gs.profile.status.site.delivery import OutgoingMail
from gs.profile.status.site.store.calls import CallRecord, IdempotencyKey

from .decide import Decision, MemberData
from .outcome import Answer, Outcome


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
    outcome: Outcome | None = None
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

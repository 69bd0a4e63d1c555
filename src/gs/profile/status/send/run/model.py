# SPDX-License-Identifier: MIT
"""The words of a run, as plain frozen data: nothing here reads, writes or waits.

What is made for every member is a named tuple, which is made three times as fast as a frozen
dataclass.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final, NamedTuple, NewType

from gs.profile.status.hooks import Period

#: The profile ID of a member, as the site spells it.
MemberId = NewType("MemberId", str)

#: Seconds: by how much clocks may be wrong, and for how long a request may be on its way. A key is
#: not used again in the last such time before the site may forget it.
KEY_MARGIN: Final = 3600

#: HTTP's too many requests, and out of service: what a site refuses before its work began.
BUSY: Final = (429, 503)

#: The reason why it is not known what became of a call that was made.
NO_ANSWER: Final = "no answer"

#: The reason why a member who is no longer on the site's list is skipped.
NO_LONGER_LISTED: Final = "no longer listed"


class Verdict(StrEnum):
    """What is known of one member's notification."""

    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SENDING = "sending"
    WAITING = "waiting"


class StopCause(Enum):
    """Why a run ended before every member had a verdict."""

    HANG_UP = "the terminal was closed"
    INTERRUPT = "Control-C"
    TERMINATE = "a request to terminate"
    TOKEN_REFUSED = "the site refuses the token"  # noqa: S105 - a sentence, not a token
    NOT_A_SITE = "this is not a GroupServer site"
    UNREACHABLE = "the site cannot be reached"
    BUSY = "the site asks for a pause"
    NO_ANSWER = "the site gives no answer of use"
    TOO_MANY_UNKNOWN = "too many answers in a row were of no use"
    LIMIT = "as many as --limit allows were sent to"
    UNTIL = "it is as late as --until allows"


@dataclass(frozen=True, slots=True)
class Run:
    """One site and one period; *round* counts from 1, and ``--again`` begins another.

    *site* is the same text for every way to write the URL; *key* tells the run from all others
    of the site, in printable ASCII.
    """

    site: str
    period: Period
    round: int
    key: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Whom a call is to send to, of those who are not settled.

    *only* is ``None`` for all; *resend_unknown* includes those who may have been sent to.
    """

    only: frozenset[MemberId] | None = None
    resend_unknown: bool = False


class Claim(NamedTuple):
    """The right to send to one member.

    It is *repeatable* where the site, given the same key twice, sends once; *doubtful* where a
    call before this one may have sent already.
    """

    member: MemberId
    repeatable: bool = False
    doubtful: bool = False


class Answer(NamedTuple):
    """What came back: the status of HTTP, and the whole body.

    *retry_after* is for how many seconds the site wants to be left alone, if it said so.
    """

    http_status: int
    body: bytes
    retry_after: float | None = None

    @property
    def phrase(self) -> str:
        """The standard's words for the status (RFC 9110), or ``HTTP`` for one it has not."""
        from http import HTTPStatus  # noqa: PLC0415 - to look at a ledger needs no words for it

        try:
            return HTTPStatus(self.http_status).phrase
        except ValueError:
            return "HTTP"


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why nothing of use came back, and whether the request may have left this machine."""

    text: str
    left: bool


class Attempt(NamedTuple):
    """One call of the send hook, how it ended, and after how many *seconds*."""

    claim: Claim
    end: Answer | NoAnswer
    seconds: float = 0.0


class CallSignal(Enum):
    """What the end of a call tells of how the site copes."""

    ANSWER = "the hook answered"
    REFUSED = "the site asks for a pause"
    LOST = "no answer of use came"


class TimedCall(NamedTuple):
    """A call that ended after so many *seconds*, in which way."""

    seconds: float
    sign: CallSignal


class Outcome(NamedTuple):
    """The verdict on one attempt.

    *reason* is what outcomes are counted by, *message* is for reading, *cause* is what this
    outcome says of the whole run, if anything. With *again* the run tries once more;
    *retry_after* is as in :class:`Answer`.
    """

    member: MemberId
    verdict: Verdict
    reason: str
    message: str
    status: int | None = None
    cause: StopCause | None = None
    again: bool = False
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class RecordedOutcome:
    """An outcome as a ledger has it: *at* is when it came, in seconds since the epoch."""

    outcome: Outcome
    at: float


@dataclass(frozen=True, slots=True)
class Planned:
    """A listed member before a call: the verdict so far is ``None`` for a new one."""

    member: MemberId
    verdict: Verdict | None
    would_send: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How many members have which verdict, for which reason."""

    counts: Mapping[tuple[Verdict, str], int]

    @property
    def total(self) -> int:
        """How many members the run has."""
        return sum(self.counts.values())

    @property
    def all_settled(self) -> bool:
        """Whether every member was sent to, or rightly skipped."""
        return self.of(Verdict.SENT) + self.of(Verdict.SKIPPED) == self.total

    def of(self, verdict: Verdict) -> int:
        """Return how many members have *verdict*."""
        return sum(count for (found, _), count in self.counts.items() if found is verdict)

    def reasons(self, verdict: Verdict) -> list[tuple[str, int]]:
        """Return the reasons of *verdict* with their counts, the most frequent first."""
        rows = [(reason, n) for (found, reason), n in self.counts.items() if found is verdict]
        return sorted(rows, key=lambda row: (-row[1], row[0]))


def usable_lifetime(key_lifetime: int) -> int:
    """Return *key_lifetime*, in seconds, or 0 where it is too short to rely upon a key."""
    return key_lifetime if key_lifetime > KEY_MARGIN else 0

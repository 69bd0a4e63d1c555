# SPDX-License-Identifier: MIT
"""The model of a run: plain frozen data, without input or output.

The types with one object for each member are named tuples: to make one takes a third of the time
of a frozen dataclass.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final, NamedTuple, NewType

from gs.profile.status.hooks import Period

#: The profile ID of a member, as the site spells it.
MemberId = NewType("MemberId", str)

#: Seconds before the site may forget a key in which the key is not used again: clocks may be
#: wrong, and a request may be on its way.
KEY_MARGIN: Final = 3600

#: Seconds by which the first use of a key may be in the future, because a clock was set back.
CLOCK_SKEW: Final = 60

#: The HTTP statuses by which a site refuses a call before it works on it (RFC 6585, RFC 9110).
BUSY: Final = (429, 503)

#: The reason of an unknown outcome: the request was sent, and there was no answer.
NO_ANSWER: Final = "no answer"

#: The reason for skipping a member who is no longer on the list of the site.
NO_LONGER_LISTED: Final = "no longer listed"


class Verdict(StrEnum):
    """What is known of the notification of one member."""

    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SENDING = "sending"
    WAITING = "waiting"


class StopCause(Enum):
    """Why a run ended before every member had a verdict."""

    HANG_UP = "the terminal was closed"
    INTERRUPT = "Control-C was pressed"
    TERMINATE = "it was asked to terminate"
    TOKEN_REFUSED = "the site refuses the token"  # noqa: S105 - a sentence, not a token
    NOT_A_SITE = "this is not a GroupServer site"
    UNREACHABLE = "the site cannot be reached"
    BUSY = "the site asks for a pause"
    NO_ANSWER = "the site gives no valid answer"
    TOO_MANY_UNKNOWN = "too many answers in a row were not valid"
    LIMIT = "the limit of --limit was reached"
    UNTIL = "the time of --until has come"


@dataclass(frozen=True, slots=True)
class Run:
    """One site and one period; *round* counts from 1, and ``--again`` begins another.

    *site* is the same for every spelling of the URL. *key* is unique among the runs of the site,
    in printable ASCII.
    """

    site: str
    period: Period
    round: int
    key: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Which of the members without a final verdict an invocation sends to.

    *only* is ``None`` for all; *resend_unknown* includes those whose verdict is unknown.
    """

    only: frozenset[MemberId] | None = None
    resend_unknown: bool = False


class Claim(NamedTuple):
    """The right to send to one member.

    It is *repeatable* if the site, given the same key twice, sends once; *doubtful* if an earlier
    call may have sent already.
    """

    member: MemberId
    repeatable: bool = False
    doubtful: bool = False


class Answer(NamedTuple):
    """The answer to a call: the HTTP status and the whole body.

    *retry_after* is the pause that the site asks for, in seconds, if it does.
    """

    http_status: int
    body: bytes
    retry_after: float | None = None

    @property
    def phrase(self) -> str:
        """The phrase of the status (RFC 9110), or ``HTTP`` if the standard has none."""
        from http import HTTPStatus  # noqa: PLC0415 - --status does not need it

        try:
            return HTTPStatus(self.http_status).phrase
        except ValueError:
            return "HTTP"


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why there is no answer, and whether the request may have been *sent*."""

    text: str
    sent: bool


class Attempt(NamedTuple):
    """One call of the send hook, with its result after so many *seconds*."""

    claim: Claim
    result: Answer | NoAnswer
    seconds: float = 0.0


class CallSignal(Enum):
    """What the result of a call says about the load of the site."""

    ANSWER = "the hook answered"
    REFUSED = "the site asks for a pause"
    LOST = "there was no valid answer"


class TimedCall(NamedTuple):
    """A call that ended after so many *seconds*, with its signal."""

    seconds: float
    signal: CallSignal


class Outcome(NamedTuple):
    """The verdict on one attempt.

    Reports count outcomes by *reason*, and show *message*. *cause* is what the outcome says about
    the whole run, if it does. With *again* the run tries once more. *retry_after* is as in
    :class:`Answer`.
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
    """An outcome in a ledger, with its time *at*, in seconds since the epoch."""

    outcome: Outcome
    at: float


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run would do with a listed member; *verdict* is ``None`` for a new one."""

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
    def complete(self) -> bool:
        """Whether every member has a final verdict: sent or skipped."""
        return self.of(Verdict.SENT) + self.of(Verdict.SKIPPED) == self.total

    def of(self, verdict: Verdict) -> int:
        """Return how many members have *verdict*."""
        return sum(count for (each, _), count in self.counts.items() if each is verdict)

    def reasons(self, verdict: Verdict) -> list[tuple[str, int]]:
        """Return the reasons of *verdict* with their counts, the most frequent first."""
        rows = [(reason, n) for (each, reason), n in self.counts.items() if each is verdict]
        return sorted(rows, key=lambda row: (-row[1], row[0]))


def usable_lifetime(key_lifetime: int) -> int:
    """Return *key_lifetime*, in seconds, or 0 if it is too short to use a key again."""
    return key_lifetime if key_lifetime > KEY_MARGIN else 0

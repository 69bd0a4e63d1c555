# SPDX-License-Identifier: MIT
"""The words of a run, as plain frozen data: nothing here reads, writes or waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from http import HTTPStatus
from typing import NewType

#: The profile ID of a member, as the site spells it.
MemberId = NewType("MemberId", str)


class Verdict(StrEnum):
    """What is known of one member's notification after an attempt to send it."""

    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"
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
    TOO_MANY_UNKNOWN = "too many answers in a row were of no use"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send to one member, once."""

    member: MemberId


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status of HTTP, and the whole body."""

    http_status: int
    body: bytes

    @property
    def phrase(self) -> str:
        """The standard's words for the status (RFC 9110), or ``HTTP`` for one it has not."""
        try:
            return HTTPStatus(self.http_status).phrase
        except ValueError:
            return "HTTP"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why nothing of use came back, and whether the request may have left this machine."""

    text: str
    left: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of the send hook, and how it ended."""

    claim: Claim
    end: Answer | Fault


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on one attempt.

    *reason* is what outcomes are counted by, *message* is for reading, *cause* is what this
    outcome says of the whole run, if anything.
    """

    member: MemberId
    verdict: Verdict
    reason: str
    message: str
    status: int | None = None
    cause: StopCause | None = None


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

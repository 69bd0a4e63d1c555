# SPDX-License-Identifier: MIT
"""What the result of one call means: every result of a call has exactly one verdict."""

from http import HTTPStatus
from typing import Final

from gs.profile.status.hooks import (
    SKIPPED,
    FormRefusal,
    HookReply,
    NotAReplyError,
    Status,
    read_reply,
)
from gs.profile.status.send.text import Token

from .model import (
    BUSY,
    NO_ANSWER,
    Answer,
    Attempt,
    MemberId,
    NoAnswer,
    Outcome,
    StopCause,
    Verdict,
)

# Characters: longer than any message of GroupServer. Text from outside has a limit.
_MESSAGE_LIMIT: Final = 1000

# As plain numbers: to compare those of an enumeration takes ten times as long.
_OK: Final = HTTPStatus.OK.value
_SENT: Final = Status.SENT.value

_DENIALS: Final = (401, 403, 404)

# The answer of a site that honours keys while it still works on a call with the same key.
_IN_PROGRESS: Final = "HTTP 409"


def judge(attempt: Attempt, token: Token) -> Outcome:
    """Return the outcome of *attempt*, without the token in any of its texts."""
    outcome = _judge(attempt.claim.member, attempt.result, token)
    if attempt.claim.repeatable:
        outcome = _repeatable(outcome)
    # An answer of the hook (with a status) is about every call for the member. Anything else says
    # at most that this call sent nothing.
    if attempt.claim.doubtful and outcome.status is None:
        return outcome._replace(verdict=Verdict.UNKNOWN)
    return outcome


def _judge(member: MemberId, result: Answer | NoAnswer, token: Token) -> Outcome:
    match result:
        case Answer(http_status, body) if http_status == _OK:
            return _judge_body(member, body, token)
        case Answer():
            return _judge_http_status(member, result)
        case NoAnswer(text, sent=True):
            return Outcome(member, Verdict.UNKNOWN, NO_ANSWER, _safe(text, token))
        case NoAnswer(text):
            return _waiting(member, "not reached", _safe(text, token), StopCause.UNREACHABLE)


def _judge_http_status(member: MemberId, answer: Answer) -> Outcome:
    http_status = answer.http_status
    reason, message = f"HTTP {http_status}", f"{answer.phrase} ({http_status})"
    if http_status in BUSY:
        return _waiting(member, reason, message, StopCause.BUSY, answer.retry_after)
    if http_status in _DENIALS:
        return Outcome(member, Verdict.FAILED, reason, message, cause=StopCause.NOT_A_SITE)
    if HTTPStatus.BAD_REQUEST <= http_status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Outcome(member, Verdict.FAILED, reason, message)
    return Outcome(member, Verdict.UNKNOWN, reason, message)


def _judge_body(member: MemberId, body: bytes, token: Token) -> Outcome:
    try:
        reply = read_reply(body)
    except NotAReplyError as error:
        text = f"The answer is not one of a GroupServer site: {error}"
        return Outcome(member, Verdict.UNKNOWN, "not an answer of the hook", text)
    match reply:
        case HookReply(status, text):
            return _judge_reply(member, status, _safe(text, token))
        case FormRefusal(complaints):
            text = _safe(" ".join(complaints), token)
            if reply.of_token:
                return _waiting(member, "token refused", text, StopCause.TOKEN_REFUSED)
            return Outcome(member, Verdict.FAILED, "refused form", text)


def _judge_reply(member: MemberId, status: int, message: str) -> Outcome:
    if status == _SENT:
        return Outcome(member, Verdict.SENT, "", message, status)
    if status in SKIPPED:
        return Outcome(member, Verdict.SKIPPED, SKIPPED[Status(status)], message, status)
    return Outcome(member, Verdict.FAILED, f"status {status}", message, status)


def _repeatable(outcome: Outcome) -> Outcome:
    if outcome.reason == _IN_PROGRESS:
        outcome = outcome._replace(verdict=Verdict.UNKNOWN, cause=StopCause.BUSY)
    return outcome._replace(again=outcome.verdict in (Verdict.WAITING, Verdict.UNKNOWN))


def _waiting(
    member: MemberId, reason: str, message: str, cause: StopCause, retry_after: float | None = None
) -> Outcome:
    return Outcome(
        member,
        Verdict.WAITING,
        reason,
        message,
        cause=cause,
        again=True,
        retry_after=retry_after,
    )


def _safe(text: str, token: Token) -> str:
    # The token first: a text that is cut in the middle of the token would show its first half.
    return token.redact(text)[:_MESSAGE_LIMIT]

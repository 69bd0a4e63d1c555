# SPDX-License-Identifier: MIT
"""What one attempt means: every end of a call has exactly one verdict."""

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

# Longer than any message of GroupServer; what comes from outside is bounded.
_MESSAGE_LIMIT: Final = 1000

# As plain numbers: to compare those of an enumeration takes ten times as long.
_OK: Final = HTTPStatus.OK.value
_SENT: Final = Status.SENT.value

_DENIALS: Final = (401, 403, 404)

# How a site that honours keys answers while it still works on a call with the same one.
_AT_WORK: Final = "HTTP 409"


def judge(attempt: Attempt, token: Token) -> Outcome:
    """Return the verdict on *attempt*, without the token in any of its texts."""
    outcome = _of_end(attempt.claim.member, attempt.end, token)
    if attempt.claim.repeatable:
        outcome = _of_repeatable(outcome)
    # An answer of the hook itself (which has a status) tells what became of every call for the
    # member; anything else tells at most that this one sent nothing.
    if attempt.claim.doubtful and outcome.status is None:
        return outcome._replace(verdict=Verdict.UNKNOWN)
    return outcome


def _of_repeatable(outcome: Outcome) -> Outcome:
    if outcome.reason == _AT_WORK:
        outcome = outcome._replace(verdict=Verdict.UNKNOWN, cause=StopCause.BUSY)
    return outcome._replace(again=outcome.verdict in (Verdict.WAITING, Verdict.UNKNOWN))


def _of_end(member: MemberId, end: Answer | NoAnswer, token: Token) -> Outcome:
    if isinstance(end, NoAnswer):
        return _of_fault(member, end, token)
    if end.http_status != _OK:
        return _of_http_status(member, end)
    return _of_body(member, end.body, token)


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


def _of_fault(member: MemberId, fault: NoAnswer, token: Token) -> Outcome:
    text = _bounded(fault.text, token)  # libcurl quotes what it was answered
    if fault.left:
        return Outcome(member, Verdict.UNKNOWN, NO_ANSWER, text)
    return _waiting(member, "not reached", text, StopCause.UNREACHABLE)


def _of_http_status(member: MemberId, answer: Answer) -> Outcome:
    http_status = answer.http_status
    reason, message = f"HTTP {http_status}", f"{answer.phrase} ({http_status})"
    if http_status in BUSY:
        return _waiting(member, reason, message, StopCause.BUSY, answer.retry_after)
    if http_status in _DENIALS:
        return Outcome(member, Verdict.FAILED, reason, message, cause=StopCause.NOT_A_SITE)
    if HTTPStatus.BAD_REQUEST <= http_status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Outcome(member, Verdict.FAILED, reason, message)
    return Outcome(member, Verdict.UNKNOWN, reason, message)


def _of_body(member: MemberId, body: bytes, token: Token) -> Outcome:
    try:
        reply = read_reply(body)
    except NotAReplyError as error:
        text = f"The answer is not one of a GroupServer site: {error}"
        return Outcome(member, Verdict.UNKNOWN, "not an answer of the hook", text)
    if isinstance(reply, FormRefusal):
        return _of_refusal(member, reply, token)
    return _of_reply(member, reply, token)


def _of_refusal(member: MemberId, refusal: FormRefusal, token: Token) -> Outcome:
    text = _bounded(" ".join(refusal.complaints), token)
    if refusal.of_token:
        return _waiting(member, "token refused", text, StopCause.TOKEN_REFUSED)
    return Outcome(member, Verdict.FAILED, "refused form", text)


def _of_reply(member: MemberId, reply: HookReply, token: Token) -> Outcome:
    message, status = _bounded(reply.message, token), reply.status
    if status == _SENT:
        return Outcome(member, Verdict.SENT, "", message, status)
    if status in SKIPPED:
        return Outcome(member, Verdict.SKIPPED, SKIPPED[Status(status)], message, status)
    return Outcome(member, Verdict.FAILED, f"status {status}", message, status)


def _bounded(text: str, token: Token) -> str:
    # The token first: a text cut in the middle of it would show the half before.
    return token.cut(text)[:_MESSAGE_LIMIT]

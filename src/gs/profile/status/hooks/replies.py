# SPDX-License-Identifier: MIT
"""The answers of the send hook: a status with a message, or the refusal of a form."""

import json
from codecs import BOM_UTF8
from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Status(IntEnum):
    """The result of one notification, in the numbers of GroupServer."""

    SENT = 0
    REFUSED = -1
    NO_SUCH_MEMBER = -2
    NOT_IN_ANY_GROUP = -4
    NO_VERIFIED_ADDRESS = -8
    NO_ACTIVITY = -16
    OPTED_OUT = -32
    OTHER = -1024


#: The statuses of a member whom the site skips for a good reason, with the reasons.
SKIPPED: Final = {
    Status.NO_SUCH_MEMBER: "no such member",
    Status.NOT_IN_ANY_GROUP: "not in any groups",
    Status.NO_VERIFIED_ADDRESS: "no verified email addresses",
    Status.NO_ACTIVITY: "no activity in any groups this month",
    Status.OPTED_OUT: "explicitly opted out",
}

# The number of a refused form differs between versions of GroupServer.
_LARGEST: Final = 2**31
_REFUSED: Final = frozenset({Status.REFUSED, 100})

# JSON is in UTF-8 (RFC 8259, 8.1); json.loads would look for other encodings first.
_decode: Final = json.JSONDecoder().decode


@dataclass(frozen=True, slots=True)
class HookReply:
    """The answer to one call of the send hook; *status* may be a number not in :class:`Status`."""

    status: int
    message: str


@dataclass(frozen=True, slots=True)
class FormRefusal:
    """The refusal of a form, by either hook, with the complaints of the site."""

    complaints: tuple[str, ...]

    @property
    def of_token(self) -> bool:
        """Whether the site refused the token, and not another field."""
        return any(complaint.startswith("Token:") for complaint in self.complaints)


class NotAReplyError(ValueError):
    """The body is not an answer of a hook."""


def read_reply(body: bytes) -> HookReply | FormRefusal:
    """Return the answer in *body*, the JSON object that a hook sends with HTTP 200.

    Raises :class:`NotAReplyError` for everything else: other JSON, a web page, half an answer.
    """
    answer = _object(body)
    message, status = answer.get("message", ""), answer.get("status")
    if isinstance(message, list):
        return FormRefusal(tuple(_text(complaint) for complaint in message))
    if not isinstance(status, int) or isinstance(status, bool) or abs(status) > _LARGEST:
        raise NotAReplyError("it has no status")
    if status in _REFUSED:
        return FormRefusal((_text(message),))
    return HookReply(status, _text(message))


def write_reply(status: int, message: str) -> bytes:
    """Return the body of the answer to a form that the hook accepted."""
    return json.dumps({"status": status, "message": message}).encode("ascii")


def write_refusal(*complaints: str) -> bytes:
    """Return the body of the answer to a form that the hook refused."""
    return json.dumps({"status": Status.REFUSED, "message": complaints}).encode("ascii")


def _object(body: bytes) -> dict[str, object]:
    try:
        answer = _decode(body.removeprefix(BOM_UTF8).decode())
    except (ValueError, RecursionError) as error:
        raise NotAReplyError("it is not JSON") from error
    if not isinstance(answer, dict):
        raise NotAReplyError("it is not a JSON object")
    return answer


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise NotAReplyError("its message is not text")
    # JSON can have half of a surrogate pair, which cannot be encoded.
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")

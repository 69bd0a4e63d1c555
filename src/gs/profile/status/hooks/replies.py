# SPDX-License-Identifier: MIT
"""What the send hook answers: a status with a message, or the refusal of a form."""

import json
from codecs import BOM_UTF8
from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Status(IntEnum):
    """What became of one notification, in the numbers that GroupServer uses."""

    SENT = 0
    REFUSED = -1
    NO_SUCH_MEMBER = -2
    NOT_IN_ANY_GROUP = -4
    NO_VERIFIED_ADDRESS = -8
    NO_ACTIVITY = -16
    OPTED_OUT = -32
    OTHER = -1024


#: The statuses of a member to whom the site rightly sends nothing, each with its reason.
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
    """The answer to one call of the send hook: a :class:`Status`, or a number it does not list."""

    status: int
    message: str


@dataclass(frozen=True, slots=True)
class FormRefusal:
    """A form that the site refused, whichever hook it was for, with the complaints it made."""

    complaints: tuple[str, ...]

    @property
    def of_token(self) -> bool:
        """Whether the site refused the token, rather than another field."""
        return any(complaint.startswith("Token:") for complaint in self.complaints)


class NotAReplyError(ValueError):
    """A body that is not what a hook answers."""


def read_reply(body: bytes) -> HookReply | FormRefusal:
    """Return what a hook said in *body*, the JSON object of an HTTP 200 answer.

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
    """Return the body of a hook's answer to a form that it took."""
    return json.dumps({"status": status, "message": message}).encode("ascii")


def write_refusal(*complaints: str) -> bytes:
    """Return the body of a hook's answer to a form that it refused."""
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
    # JSON can hold half of a surrogate pair, which nothing behind this can write down.
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")

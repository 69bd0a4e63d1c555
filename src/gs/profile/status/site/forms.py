# SPDX-License-Identifier: MIT
"""Reads the form that a hook was sent, and says what is wrong with it."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from python_multipart.exceptions import FormParserError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from gs.profile.status.hooks import Field, Period

#: The largest form that is read, in octets: those of the sender have some two hundred.
LARGEST: Final = 65_536

#: What the token and the profile ID are called in complaints.
_TITLES: Final = {Field.TOKEN: "Token", Field.PROFILE_ID: "Profile identifier"}

_MISSING: Final = "Required input is missing."


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a field, in the words of GroupServer."""

    field: str
    fault: str

    def __str__(self) -> str:
        """Return the complaint as the hook's answer has it."""
        return f"{self.field}: {self.fault}"


_NO_MONTH: Final = Complaint("Period", "A month is written as YYYY-MM.")


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form, the last of those that have the same name.

    Raises :exc:`HTTPException`: 413 for a form that is too large, 400 for one that is none.
    """
    limited = Request(request.scope, _Limited(request).receive)
    try:
        async with limited.form(max_files=0, max_fields=100, max_part_size=LARGEST) as form:
            return {
                name: _whole(value) for name, value in form.multi_items() if isinstance(value, str)
            }
    except FormParserError as error:
        raise HTTPException(400, "The form is broken.") from error


def missing(form: Mapping[str, str], *fields: Field) -> list[Complaint]:
    """Return a complaint for each of the fields that is not there, or empty."""
    return [Complaint(_TITLES[field], _MISSING) for field in fields if not form.get(field)]


def wrong_token(given: str, right: str | None) -> list[Complaint]:
    """Return GroupServer's two complaints if *given* is not the *right* token.

    Unlike GroupServer's they do not repeat it.
    """
    # The time that it takes does not say how much of the token was right.
    if right and hmac.compare_digest(given.encode(), right.encode()):
        return []
    title = _TITLES[Field.TOKEN]
    fault = "The authentication token does not match the one in the database."
    return [Complaint(title, fault), Complaint(title, _MISSING)]


def read_period(text: str | None, default: Period) -> Period | Complaint:
    """Return the period that *text* names, the *default* where there is no text."""
    if not text:
        return default
    try:
        return Period.parse(text)
    except ValueError:
        return _NO_MONTH


def _whole(value: str) -> str:
    # No database takes half of a surrogate pair, and PostgreSQL no NUL. They are replaced, not
    # left out: what is not the ID of a member must not become one.
    return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


class _Limited:
    """The receiving end of a request, which stops where the form gets too large."""

    def __init__(self, request: Request) -> None:
        self._receive = request.receive
        self._left = LARGEST

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413, "The form is too large.")
        return message

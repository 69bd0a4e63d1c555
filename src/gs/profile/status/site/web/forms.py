# SPDX-License-Identifier: MIT
"""Reads the form and the idempotency key of a call, and says what is wrong with them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import MINYEAR
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from gs.profile.status.hooks import KEY_HEADER, Field, NotAKeyError, Period, read_key
from gs.profile.status.site.store.calls import IdempotencyKey

#: The largest form that is read, in octets: those of the sender have some two hundred.
LARGEST: Final = 65_536

#: What the token and the profile ID are called in complaints.
_TITLES: Final = {Field.TOKEN: "Token", Field.PROFILE_ID: "Profile identifier"}

_FIELDS: Final = 100
_URLENCODED: Final = "application/x-www-form-urlencoded"

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


#: GroupServer's two complaints about a token that is not the right one. Unlike GroupServer's they
#: do not repeat it.
WRONG_TOKEN: Final = (
    Complaint(
        _TITLES[Field.TOKEN], "The authentication token does not match the one in the database."
    ),
    Complaint(_TITLES[Field.TOKEN], _MISSING),
)


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form, the last of those that have the same name.

    Raises :exc:`HTTPException`: 413 for a form that is too large, 400 for one that is none.
    """
    limited = Request(request.scope, _Limited(request).receive)
    if request.headers.get("content-type", "").startswith(_URLENCODED):
        return _read_pairs(await limited.body())
    try:
        async with limited.form(max_files=0, max_fields=_FIELDS, max_part_size=LARGEST) as form:
            pairs = form.multi_items()
    except FormParserError as error:
        raise HTTPException(400, "The form is broken.") from error
    return {name: _whole(value) for name, value in pairs if isinstance(value, str)}


def missing(form: Mapping[str, str], *fields: Field) -> list[Complaint]:
    """Return a complaint for each of the fields that is not there, or empty."""
    return [Complaint(_TITLES[field], _MISSING) for field in fields if not form.get(field)]


def read_period(text: str | None, default: Callable[[], Period]) -> Period | Complaint:
    """Return the period that *text* names, or by *default* where there is no text.

    The first year of all is refused: its first month has none before it to be compared with, and
    begins at no time in UTC where the zone is east of it.
    """
    if not text:
        return default()
    try:
        period = Period.parse(text)
    except ValueError:
        return _NO_MONTH
    return _NO_MONTH if period.year == MINYEAR else period


def _read_pairs(body: bytes) -> dict[str, str]:
    # A tenth of the cost of a parser that takes a form in pieces: nothing is large here.
    try:
        text = body.decode("utf-8", "replace")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS, errors="replace")
    except ValueError as error:
        raise HTTPException(400, "The form has too many fields.") from error
    return {name: _whole(value) for name, value in pairs}


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


def read_idempotency_key(
    headers: Headers, form: Mapping[str, str], scope: str
) -> IdempotencyKey | None:
    """Return the key of a call with that *form*, ``None`` if it has none.

    The same key in another *scope* is another key. Raises :exc:`HTTPException` 400 for a value
    that is not a key.
    """
    given = headers.getlist(KEY_HEADER)
    if not given:
        return None
    try:
        # RFC 8941, 4.2: fields of the same name are one, which for two keys is no string.
        key = read_key(", ".join(given))
    except NotAKeyError as error:
        raise HTTPException(400, f"{KEY_HEADER}: {error}.\n") from error
    return IdempotencyKey(scope + key, _fingerprint(form))


def _fingerprint(form: Mapping[str, str]) -> str:
    # As they were sent: the default period changes with the month, and the form does not.
    said = [form.get(Field.PROFILE_ID, ""), form.get(Field.PERIOD, "")]
    return sha256(json.dumps(said).encode("ascii")).hexdigest()

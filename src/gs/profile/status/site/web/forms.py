# SPDX-License-Identifier: MIT
"""Reads the form and the idempotency key of a call, and reports what is wrong with them."""

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

#: The limit of a form, in octets; the sender's forms have about two hundred.
LARGEST: Final = 65_536

_MAX_FIELDS: Final = 100
_URLENCODED: Final = "application/x-www-form-urlencoded"


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form; of several with one name, the last.

    Raises :exc:`HTTPException`: 413 for a form that is too large, 400 for a body that is no form.
    """
    limited = Request(request.scope, _LimitedReceive(request).receive)
    if request.headers.get("content-type", "").startswith(_URLENCODED):
        return _read_pairs(await limited.body())
    try:
        async with limited.form(
            max_files=0, max_fields=_MAX_FIELDS, max_part_size=LARGEST
        ) as form:
            pairs = form.multi_items()
    except FormParserError as error:
        raise HTTPException(400, "The form is broken.") from error
    return {name: _storable(value) for name, value in pairs if isinstance(value, str)}


class _LimitedReceive:
    """The receive function of a request, which raises an error if the form is too large."""

    def __init__(self, request: Request) -> None:
        self._receive = request.receive
        self._remaining = LARGEST

    async def receive(self) -> Message:
        message = await self._receive()
        self._remaining -= len(message.get("body", b""))
        if self._remaining < 0:
            raise HTTPException(413, "The form is too large.")
        return message


def _read_pairs(body: bytes) -> dict[str, str]:
    # This costs a tenth of Starlette's parser, which reads a form in pieces.
    try:
        text = body.decode("utf-8", "replace")
        pairs = parse_qsl(
            text, keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="replace"
        )
    except ValueError as error:
        raise HTTPException(400, "The form has too many fields.") from error
    return {name: _storable(value) for name, value in pairs}


def _storable(value: str) -> str:
    # No database stores half of a surrogate pair, and PostgreSQL no NUL. They are replaced and not
    # removed: a value that is not the ID of a member must not become one.
    return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error in a field, in the words of GroupServer."""

    field: str
    fault: str

    def __str__(self) -> str:
        """Return the complaint as the answer of a hook has it."""
        return f"{self.field}: {self.fault}"


# The names of the fields in complaints.
_TITLES: Final = {Field.TOKEN: "Token", Field.PROFILE_ID: "Profile identifier"}
_MISSING: Final = "Required input is missing."
_NO_MONTH: Final = Complaint("Period", "A month is written as YYYY-MM.")

#: GroupServer's two complaints about a wrong token, without the token that GroupServer repeats.
WRONG_TOKEN: Final = (
    Complaint(
        _TITLES[Field.TOKEN], "The authentication token does not match the one in the database."
    ),
    Complaint(_TITLES[Field.TOKEN], _MISSING),
)


def missing(form: Mapping[str, str], *fields: Field) -> list[Complaint]:
    """Return a complaint for each of the *fields* that is absent or empty."""
    return [Complaint(_TITLES[field], _MISSING) for field in fields if not form.get(field)]


def read_period(text: str | None, default: Callable[[], Period]) -> Period | Complaint:
    """Return the period that *text* names; without a text, the *default*.

    The year 1 is refused: its first month has no month before it for a comparison, and in a zone
    east of UTC the month begins at no time in UTC.
    """
    if not text:
        return default()
    try:
        period = Period.parse(text)
    except ValueError:
        return _NO_MONTH
    return _NO_MONTH if period.year == MINYEAR else period


def read_idempotency_key(
    headers: Headers, form: Mapping[str, str], scope: str
) -> IdempotencyKey | None:
    """Return the key of the call with that *form*; ``None`` if it has none.

    One key in two scopes is two keys. Raises :exc:`HTTPException` 400 for a value that is no key.
    """
    values = headers.getlist(KEY_HEADER)
    if not values:
        return None
    try:
        # RFC 8941, 4.2: several fields with this name are one, and two keys are then no string.
        key = read_key(", ".join(values))
    except NotAKeyError as error:
        raise HTTPException(400, f"{KEY_HEADER}: {error}.\n") from error
    # The fingerprint is of the values as sent: the default period changes, the form does not.
    sent = [form.get(Field.PROFILE_ID, ""), form.get(Field.PERIOD, "")]
    fingerprint = sha256(json.dumps(sent).encode("ascii")).hexdigest()
    return IdempotencyKey(scope + key, fingerprint)

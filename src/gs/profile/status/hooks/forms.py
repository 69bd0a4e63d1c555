# SPDX-License-Identifier: MIT
"""What a call of a hook carries: the fields of its form, the period, and the idempotency key."""

import re
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date
from enum import StrEnum
from hashlib import sha256
from typing import Final
from urllib.parse import quote_plus, urlencode


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The calendar month that a notification reports on."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Return the period of *text*, ``YYYY-MM``; raises :exc:`ValueError` for other texts."""
        period = cls.of(date.fromisoformat(f"{text}-01"))
        if period.year in {MINYEAR, MAXYEAR}:
            raise ValueError("the first and the last year are not supported")
        return period

    @classmethod
    def of(cls, day: date) -> "Period":
        """Return the month that *day* is in."""
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)

    def before(self) -> "Period":
        """Return the month before this one."""
        year, month = divmod(self.year * 12 + self.month - 2, 12)
        return Period(year, month + 1)

    def after(self) -> "Period":
        """Return the month after this one."""
        year, month = divmod(self.year * 12 + self.month, 12)
        return Period(year, month + 1)

    def __str__(self) -> str:
        """Return ``YYYY-MM``."""
        return f"{self.year:04}-{self.month:02}"


#: The members hook, below the root of the site: it answers with the list of profile IDs.
MEMBERS_URI: Final = "/gs-profile-status-members.html"

#: The send hook, below the root of the site: it mails one member.
SEND_URI: Final = "/gs-profile-status-send.html"


class Field(StrEnum):
    """The name of a form field."""

    TOKEN = "token"  # noqa: S105 - the name of the field, not a token
    GET = "get"
    PROFILE_ID = "profileId"
    SEND = "send"
    PERIOD = "period"


def members_form(token: str) -> bytes:
    """Return the body of a call of the members hook, as ``x-www-form-urlencoded``."""
    return _encoded({Field.TOKEN: token, Field.GET: ""}).encode("ascii")


class SendForm:
    """The bodies of calls of the send hook, as ``x-www-form-urlencoded``.

    Without a *period* the site reports on the previous month.
    """

    def __init__(self, token: str, period: Period | None = None) -> None:
        fields: dict[str, str] = {Field.TOKEN: token, Field.SEND: "Send"}
        if period is not None:
            fields[Field.PERIOD] = str(period)
        self._begin = f"{Field.PROFILE_ID}="
        self._rest = f"&{_encoded(fields)}"

    def of(self, profile_id: str) -> bytes:
        """Return the body of the call for one member."""
        # The IDs of GroupServer have only letters and digits.
        plain = profile_id.isascii() and profile_id.isalnum()
        written = profile_id if plain else quote_plus(profile_id)
        return f"{self._begin}{written}{self._rest}".encode("ascii")


def _encoded(fields: dict[str, str]) -> str:
    # "surrogateescape": a token from a file that is not UTF-8 is sent with its original bytes.
    return urlencode(fields, errors="surrogateescape")


#: The request header of the send hook, whose value is a string of RFC 8941 (3.3.3).
KEY_HEADER: Final = "Idempotency-Key"

#: The response header of the members hook by which a site says that it honours keys. The value is
#: for how many seconds, at least, the site remembers a key.
LIFETIME_HEADER: Final = "Idempotency-Key-Lifetime"

#: Octets between the quotation marks. A site does not have to remember longer keys.
_LONGEST: Final = 255

_STRING: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')

# Seconds: a hundred years. Nobody can promise more.
_FOREVER: Final = 100 * 366 * 86_400


class NotAKeyError(ValueError):
    """The value is not a key: it is not a string of RFC 8941, or it is too long or empty."""


def write_key(run: str, profile_id: str) -> str:
    """Return the header's value for the notification to a member in a run.

    *run* is printable ASCII, and unique among the runs of the site. The ID of the member is
    hashed, because headers get into log files.
    """
    digest = sha256(profile_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f'"{run}-{digest}"'


def read_key(value: str) -> str:
    """Return the key in the *value* of the header; raises :class:`NotAKeyError`."""
    matched = _STRING.fullmatch(value.strip(" "))
    if not matched or not 0 < len(matched[1]) <= _LONGEST:
        raise NotAKeyError(f"a key is a string in quotation marks, of 1 to {_LONGEST} octets")
    return re.sub(r"\\(.)", r"\1", matched[1])


def read_lifetime(value: str | None) -> int:
    """Return for how many seconds a site remembers a key, 0 if the header does not say so."""
    text = (value or "").strip()
    return min(int(text), _FOREVER) if re.fullmatch(r"[0-9]{1,18}", text) else 0

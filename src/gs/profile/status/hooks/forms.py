# SPDX-License-Identifier: MIT
"""The requests of the hooks: their paths, and the fields of their forms."""

from enum import StrEnum
from typing import Final
from urllib.parse import quote_plus, urlencode

from .period import Period

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

# SPDX-License-Identifier: MIT
"""Which addresses mail servers have refused for good, so that no more mail is sent to them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from .tables import UNDELIVERABLE_EMAIL


class Refusal(Protocol):
    """An address that a mail server refused, with the server's own words."""

    @property
    def address(self) -> str:
        """The address, in whatever case."""

    @property
    def reply(self) -> str:
        """What the mail server said."""


def mark_undeliverable(
    connection: Connection, refused: Iterable[Refusal], moment: datetime
) -> None:
    """Write down which addresses were *refused*; what was said the first time stays."""
    rows = [
        {"email": fold(one.address), "since": moment, "reply": one.reply[:_LONGEST_REPLY]}
        for one in sorted(refused, key=lambda one: fold(one.address))
    ]
    if rows:
        connection.execute(_MARK[connection.dialect.name], rows)


def fold(address: str) -> str:
    """Return *address* in lower case as a database has it: of ASCII letters alone."""
    return address.lower() if address.isascii() else address.translate(_LOWER)


_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
#: Characters of a reply that are kept: a server may say as much as it likes.
_LONGEST_REPLY: Final = 500
_MARK: Final = {
    "sqlite": sqlite.insert(UNDELIVERABLE_EMAIL).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(UNDELIVERABLE_EMAIL).on_conflict_do_nothing(),
}

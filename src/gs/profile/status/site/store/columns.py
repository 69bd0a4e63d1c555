# SPDX-License-Identifier: MIT
"""The types of columns: the same values, in the same order, in every database."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

# PostgreSQL keeps no NUL, and no database a surrogate, which is half a character.
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


class Words(TypeDecorator[str]):
    """Text of any length, which is ordered by code point.

    What a database cannot keep becomes U+FFFD, also where it is looked for: who sends such a
    thing is told that there is none, by every database alike.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type that the database has for it."""
        # The default collation is that of the machine: it puts "a" before "B", and others do not.
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - as TypeDecorator has it
        """Return *value* without what cannot be stored."""
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return _UNSTORABLE.sub("\ufffd", value)


class Moment(TypeDecorator[datetime]):
    """``timestamptz`` in PostgreSQL; SQLite has no zones, so it keeps the moment in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return *value* in UTC; a :exc:`ValueError` for a moment without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return *value* in UTC, with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)

# SPDX-License-Identifier: MIT
"""The type of a moment in time: with a zone in Python, in UTC in every database."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator


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
        """Return *value* with its zone."""
        if value is not None and dialect.name == "sqlite":
            return value.replace(tzinfo=UTC)
        return value

# SPDX-License-Identifier: MIT
"""What was posted to a group in a span of time; a hidden post, or topic, is as if not there."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Self

from sqlalchemy import ColumnElement, Connection, Select, and_, extract, func, select

from gs.profile.status.hooks import Period
from gs.profile.status.site.summary import Author

from .groups import GroupKey
from .tables import PERSON, POST, TOPIC


@dataclass(frozen=True, slots=True)
class Span:
    """The time from one moment up to, but without, another."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, period: Period) -> Self:
        """Return the span of a whole month, in UTC, which is the time that sites reckon in."""
        days = (period.first_day, period.after().first_day)
        since, until = (datetime.combine(day, time.min, UTC) for day in days)
        return cls(since, until)


@dataclass(frozen=True, slots=True)
class Discussion:
    """A topic that was posted to: any of its posts, and how many posts of how many people."""

    topic_id: str
    subject: str
    post_id: str
    posts: int
    people: int
    latest: datetime


def find_authors(connection: Connection, key: GroupKey, span: Span) -> tuple[Author, ...]:
    """Return who posted: with a photo first, then the most posts, then by ID.

    Whose account was removed is nobody to show: such an author is left out.
    """
    query = (
        select(PERSON.c.user_id, PERSON.c.name, PERSON.c.photo)
        .join(POST, POST.c.user_id == PERSON.c.user_id)
        .join(TOPIC, TOPIC.c.topic_id == POST.c.topic_id)
        .where(_visible(key), _within(span))
        .group_by(PERSON.c.user_id, PERSON.c.name, PERSON.c.photo)
        .order_by(PERSON.c.photo.is_(None), func.count().desc(), PERSON.c.user_id)
    )
    return tuple(Author(*row) for row in connection.execute(query))


def find_discussions(connection: Connection, key: GroupKey, span: Span) -> list[Discussion]:
    """Return the topics that were posted to, in no order."""
    query = (
        select(
            TOPIC.c.topic_id,
            TOPIC.c.original_subject,
            TOPIC.c.first_post_id,
            func.count(),
            func.count(POST.c.user_id.distinct()),
            func.max(POST.c.date),
        )
        .join(POST, POST.c.topic_id == TOPIC.c.topic_id)
        .where(_visible(key), _within(span))
        .group_by(TOPIC.c.topic_id, TOPIC.c.original_subject, TOPIC.c.first_post_id)
    )
    return [Discussion(*row) for row in connection.execute(query)]


def find_texts(connection: Connection, key: GroupKey, span: Span) -> list[str]:
    """Return each post as text, the earliest first; the one that opens a topic has its subject."""
    query = _texts(key).where(_within(span)).order_by(POST.c.date, POST.c.post_id)
    return [_text(*row) for row in connection.execute(query)]


def find_older_texts(
    connection: Connection, key: GroupKey, before: datetime, limit: int
) -> list[str]:
    """Return the latest *limit* posts before a moment as :func:`find_texts` does."""
    latest = (POST.c.date.desc(), POST.c.post_id)
    query = _texts(key).where(POST.c.date < before).order_by(*latest).limit(limit)
    return [_text(*row) for row in connection.execute(query)]


def count_by_month(connection: Connection) -> dict[Period, int]:
    """Return how many posts there are in each month that has any."""
    year, month = extract("year", POST.c.date), extract("month", POST.c.date)
    query = select(year, month, func.count()).where(POST.c.hidden.is_(None)).group_by(year, month)
    return {Period(year, month): count for year, month, count in connection.execute(query)}


def _text(subject: str, body: str, opens: bool) -> str:  # noqa: FBT001 - a column
    return f"{subject}\n\n{body}" if opens else body


def _texts(key: GroupKey) -> "Select[str, str, bool]":
    joined = POST.join(TOPIC, TOPIC.c.topic_id == POST.c.topic_id)
    columns = (TOPIC.c.original_subject, POST.c.body, POST.c.post_id == TOPIC.c.first_post_id)
    return select(*columns).select_from(joined).where(_visible(key))


def _visible(key: GroupKey) -> ColumnElement[bool]:
    return and_(
        POST.c.site_id == key.site_id,
        POST.c.group_id == key.group_id,
        POST.c.hidden.is_(None),
        TOPIC.c.hidden.is_(None),
    )


def _within(span: Span) -> ColumnElement[bool]:
    return and_(POST.c.date >= span.since, POST.c.date < span.until)

# SPDX-License-Identifier: MIT
"""The posts of a group: finds those of a span of time, without hidden ones, and adds topics."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import islice
from typing import Final, NamedTuple, Self, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, extract, func, insert, select

from gs.profile.status.hooks import Period
from gs.profile.status.site.model import Author

from .groups import GroupKey
from .tables import PERSON, POST, TOPIC

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """The time from one moment up to, but without, another."""

    since: datetime
    until: datetime

    @classmethod
    def of(cls, period: Period) -> Self:
        """Return the span of a month in UTC, the time zone in which sites count."""
        days = (period.first_day, period.after().first_day)
        since, until = (datetime.combine(day, time.min, UTC) for day in days)
        return cls(since, until)


class StoredPost(NamedTuple):
    """A post without its text, with the subject and the first post of its topic.

    Not a dataclass: there is one for each post, and a tuple takes a third of the time to make.
    """

    post_id: str
    topic_id: str
    subject: str
    first_post_id: str
    user_id: str
    date: datetime

    @property
    def opens(self) -> bool:
        """Whether it is the first post of its topic."""
        return self.post_id == self.first_post_id


@dataclass(frozen=True, slots=True)
class PostInTopic:
    """A post to add; *in_reply_to* is the ID of the post that it answers, or empty."""

    post_id: str
    user_id: str
    in_reply_to: str
    subject: str
    date: datetime
    body: str
    hidden: datetime | None = None


@dataclass(frozen=True, slots=True)
class TopicWithPosts:
    """A topic to add, with all its *posts* in the order of their dates."""

    topic_id: str
    key: GroupKey
    title: str
    hidden: datetime | None
    posts: Sequence[PostInTopic]


def chunks(values: Iterable[_T], length: int = 500) -> Iterator[list[_T]]:
    """Yield the values in their order, in lists of at most *length*.

    SQLite before 3.32 takes only 999 values in a statement.
    """
    rest = iter(values)
    while chunk := list(islice(rest, length)):
        yield chunk


def find_posts(connection: Connection, key: GroupKey, span: TimeSpan) -> list[StoredPost]:
    """Return the posts to a group, by date, those of one moment by ID."""
    query = (
        select(
            POST.c.post_id,
            TOPIC.c.topic_id,
            TOPIC.c.original_subject,
            TOPIC.c.first_post_id,
            POST.c.user_id,
            POST.c.date,
        )
        .select_from(_WITH_TOPIC)
        .where(_visible(key), POST.c.date >= span.since, POST.c.date < span.until)
    )
    posts = [StoredPost(*row) for row in connection.execute(query)]
    posts.sort(key=lambda post: (post.date, post.post_id))
    return posts


def find_bodies(connection: Connection, post_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the ID and the beginning of the text of each post, in the order of *post_ids*."""
    for chunk in chunks(post_ids):
        query = select(POST.c.post_id, _BODY).where(POST.c.post_id.in_(chunk))
        bodies = {row[0]: row[1] for row in connection.execute(query)}
        yield from ((post_id, bodies[post_id]) for post_id in chunk if post_id in bodies)


def find_message_ids(connection: Connection, post_ids: Sequence[str]) -> dict[str, str]:
    """Return the Message-IDs, without angle brackets, of those posts that have one."""
    message_ids: dict[str, str] = {}
    for chunk in chunks(post_ids):
        query = select(POST.c.post_id, func.substr(POST.c.header, 1, _LONGEST))
        for post_id, header in connection.execute(query.where(POST.c.post_id.in_(chunk))):
            if field := _MESSAGE_ID.search(header):
                message_ids[post_id] = field[1]
    return message_ids


def find_older_texts(
    connection: Connection, key: GroupKey, before: datetime, limit: int
) -> list[tuple[str, str]]:
    """Return the latest *limit* posts before a moment: the subject of each, and its text.

    The subject is empty if the post is not the first of its topic.
    """
    latest = (POST.c.date.desc(), POST.c.post_id)
    opens = POST.c.post_id == TOPIC.c.first_post_id
    query = select(TOPIC.c.original_subject, _BODY, opens).select_from(_WITH_TOPIC)
    query = query.where(_visible(key), POST.c.date < before).order_by(*latest).limit(limit)
    rows = connection.execute(query)
    return [(subject if first else "", body) for subject, body, first in rows]


def find_authors(connection: Connection, user_ids: Collection[str]) -> dict[str, Author]:
    """Return the people with these IDs that exist, by ID."""
    people: dict[str, Author] = {}
    for chunk in chunks(sorted(user_ids)):
        query = select(PERSON.c.user_id, PERSON.c.name, PERSON.c.photo)
        rows = connection.execute(query.where(PERSON.c.user_id.in_(chunk)))
        people.update((row[0], Author(*row)) for row in rows)
    return people


def count_by_month(connection: Connection) -> dict[Period, int]:
    """Return how many posts each month has; a month without posts is left out."""
    year, month = extract("year", POST.c.date), extract("month", POST.c.date)
    query = select(year, month, func.count()).select_from(_WITH_TOPIC).where(_IS_VISIBLE)
    rows = connection.execute(query.group_by(year, month))
    return {Period(int(year), int(month)): count for year, month, count in rows}


def add_topic(connection: Connection, topic: TopicWithPosts) -> None:
    """Add a topic with its posts; it may not exist."""
    place = {"topic_id": topic.topic_id, "site_id": topic.key.site_id}
    place["group_id"] = topic.key.group_id
    first, last = topic.posts[0], topic.posts[-1]
    row = {
        **place,
        "original_subject": topic.title,
        "first_post_id": first.post_id,
        "last_post_date": last.date,
        "hidden": topic.hidden,
    }
    connection.execute(insert(TOPIC), row)
    posts = [
        {
            **place,
            "post_id": post.post_id,
            "user_id": post.user_id,
            "in_reply_to": post.in_reply_to,
            "subject": post.subject,
            "date": post.date,
            "body": post.body,
            "hidden": post.hidden,
        }
        for post in topic.posts
    ]
    connection.execute(insert(POST), posts)


def _visible(key: GroupKey) -> ColumnElement[bool]:
    return and_(POST.c.site_id == key.site_id, POST.c.group_id == key.group_id, _IS_VISIBLE)


# How many characters of a post are read: a longer text adds nothing to the notification.
_LONGEST: Final = 20_000
# The field may be folded (RFC 5322, 2.2.3).
_MESSAGE_ID: Final = re.compile(
    r"^message-id:[ \t]*(?:\n[ \t]+)?<([^<>\s]{1,998})>", re.IGNORECASE | re.MULTILINE
)
_WITH_TOPIC: Final = POST.join(TOPIC, TOPIC.c.topic_id == POST.c.topic_id)
_IS_VISIBLE: Final = and_(POST.c.hidden.is_(None), TOPIC.c.hidden.is_(None))
_BODY: Final = func.substr(POST.c.body, 1, _LONGEST)

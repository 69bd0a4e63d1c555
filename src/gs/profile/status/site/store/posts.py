# SPDX-License-Identifier: MIT
"""The posts of a group in a span of time, without hidden ones."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import islice
from typing import Final, NamedTuple, Self, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, extract, func, select

from gs.profile.status.hooks import Period
from gs.profile.status.site.model import Author

from .groups import GroupKey
from .tables import PERSON, POST, TOPIC

# SQLite before 3.32 takes 999 values.
_LENGTH: Final = 500

_T = TypeVar("_T")


def chunks(values: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield the values in lists of a bounded length, in their order."""
    waiting = iter(values)
    while some := list(islice(waiting, _LENGTH)):
        yield some


# What is read of a post, in characters: who writes more has said it.
_LONGEST: Final = 20_000
# Its field may be folded (RFC 5322, 2.2.3).
_MESSAGE_ID: Final = re.compile(
    r"^message-id:[ \t]*(?:\n[ \t]+)?<([^<>\s]{1,998})>", re.IGNORECASE | re.MULTILINE
)
_JOINED: Final = POST.join(TOPIC, TOPIC.c.topic_id == POST.c.topic_id)
_SHOWN: Final = and_(POST.c.hidden.is_(None), TOPIC.c.hidden.is_(None))
_BODY: Final = func.substr(POST.c.body, 1, _LONGEST)


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


class StoredPost(NamedTuple):
    """A post without its text, with the subject and the first post of its topic.

    Not a dataclass: there is one for each post, and this takes a third of the time to make.
    """

    post_id: str
    topic_id: str
    subject: str
    first_post_id: str
    user_id: str
    date: datetime

    @property
    def opens(self) -> bool:
        """Whether its topic begins with it."""
        return self.post_id == self.first_post_id


def find_posts(connection: Connection, key: GroupKey, span: Span) -> list[StoredPost]:
    """Return the posts to a group, the earliest first, those of one moment by ID."""
    query = (
        select(
            POST.c.post_id,
            TOPIC.c.topic_id,
            TOPIC.c.original_subject,
            TOPIC.c.first_post_id,
            POST.c.user_id,
            POST.c.date,
        )
        .select_from(_JOINED)
        .where(_visible(key), POST.c.date >= span.since, POST.c.date < span.until)
    )
    posts = [StoredPost(*row) for row in connection.execute(query)]
    posts.sort(key=lambda post: (post.date, post.post_id))
    return posts


def find_bodies(connection: Connection, post_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the ID of each of the posts with what it says, in the order of *post_ids*."""
    for some in chunks(post_ids):
        query = select(POST.c.post_id, _BODY).where(POST.c.post_id.in_(some))
        bodies = {row[0]: row[1] for row in connection.execute(query)}
        yield from ((post_id, bodies[post_id]) for post_id in some if post_id in bodies)


def find_message_ids(connection: Connection, post_ids: Sequence[str]) -> dict[str, str]:
    """Return the Message-IDs, without angle brackets, of those of the posts that have one."""
    found: dict[str, str] = {}
    for some in chunks(post_ids):
        query = select(POST.c.post_id, func.substr(POST.c.header, 1, _LONGEST))
        for post_id, header in connection.execute(query.where(POST.c.post_id.in_(some))):
            if field := _MESSAGE_ID.search(header):
                found[post_id] = field[1]
    return found


def find_older_texts(
    connection: Connection, key: GroupKey, before: datetime, limit: int
) -> list[tuple[str, str]]:
    """Return the latest *limit* posts before a moment: what each says, and the subject it opens.

    The subject is empty where a post does not open its topic.
    """
    latest = (POST.c.date.desc(), POST.c.post_id)
    opens = POST.c.post_id == TOPIC.c.first_post_id
    query = select(TOPIC.c.original_subject, _BODY, opens).select_from(_JOINED)
    query = query.where(_visible(key), POST.c.date < before).order_by(*latest).limit(limit)
    rows = connection.execute(query)
    return [(subject if first else "", body) for subject, body, first in rows]


def find_authors(connection: Connection, user_ids: Collection[str]) -> dict[str, Author]:
    """Return those of the people who have an account, by ID."""
    people: dict[str, Author] = {}
    for some in chunks(sorted(user_ids)):
        query = select(PERSON.c.user_id, PERSON.c.name, PERSON.c.photo)
        rows = connection.execute(query.where(PERSON.c.user_id.in_(some)))
        people.update((row[0], Author(*row)) for row in rows)
    return people


def count_by_month(connection: Connection) -> dict[Period, int]:
    """Return how many posts there are in each month that has any."""
    year, month = extract("year", POST.c.date), extract("month", POST.c.date)
    query = select(year, month, func.count()).select_from(_JOINED).where(_SHOWN)
    rows = connection.execute(query.group_by(year, month))
    return {Period(int(year), int(month)): count for year, month, count in rows}


def _visible(key: GroupKey) -> ColumnElement[bool]:
    return and_(
        POST.c.site_id == key.site_id,
        POST.c.group_id == key.group_id,
        _SHOWN,
    )

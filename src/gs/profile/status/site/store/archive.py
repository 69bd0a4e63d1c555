# SPDX-License-Identifier: MIT
"""Takes in what is new: sites, groups, people, and posts with the topics that they are in."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from .groups import GroupKey
from .members import fold
from .posts import Span, chunks
from .tables import MEMBERSHIP, PERSON, POST, TOPIC, USER_EMAIL

#: How many topics of the same subjects are looked at, the latest first.
_MOST_TOPICS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Posted:
    """A post that is there: its topic and its moment."""

    topic_id: str
    date: datetime


@dataclass(slots=True)
class TopicTitle:
    """A topic by its title: when it began, and when somebody last posted to it."""

    topic_id: str
    title: str
    began: datetime
    latest: datetime


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add *rows* to *table*; none of them may be there."""
    if rows:
        connection.execute(insert(table), rows)


def add_missing(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Add *row* to *table* unless its primary key is there; return whether it was added."""
    same = and_(*(column == row.get(column.name, "") for column in table.primary_key))
    if connection.execute(select(table).where(same)).first() is not None:
        return False
    connection.execute(insert(table), [row])
    return True


def remove_person(connection: Connection, user_id: str) -> None:
    """Remove a person as GroupServer does: the lists of members still have the ID."""
    connection.execute(delete(PERSON).where(PERSON.c.user_id == user_id))


def find_people_there(connection: Connection, user_ids: Collection[str]) -> set[str]:
    """Return which of the IDs are those of a person."""
    return {row.user_id for row in _each(connection, PERSON.c.user_id, user_ids)}


def find_members_there(
    connection: Connection, site_id: str, user_ids: Collection[str]
) -> set[tuple[str, str]]:
    """Return the ID and the group of each place that the people have on a site."""
    table = MEMBERSHIP.c
    found = _each(connection, table.user_id, user_ids, table.site_id, table.group_id)
    return {(row.user_id, row.group_id) for row in found if row.site_id == site_id}


def find_owners(connection: Connection, emails: Collection[str]) -> dict[str, str]:
    """Return whose each of the addresses is that is there, whatever its case: in lower case."""
    key = func.lower(USER_EMAIL.c.email).label("lower")
    found = _each(connection, key, {fold(email) for email in emails}, USER_EMAIL.c.user_id)
    return {row.lower: row.user_id for row in found}


def find_posts(connection: Connection, post_ids: Collection[str]) -> dict[str, Posted]:
    """Return those of the posts that are there."""
    found = _each(connection, POST.c.post_id, post_ids, POST.c.topic_id, POST.c.date)
    return {row.post_id: Posted(row.topic_id, row.date) for row in found}


def find_topics_of_answers(connection: Connection, post_ids: Collection[str]) -> dict[str, str]:
    """Return, for posts that are not there yet, the topic of the earliest that answers them."""
    found = _each(connection, POST.c.in_reply_to, post_ids, POST.c.topic_id, POST.c.date)
    # The earliest comes last and stays.
    earliest = sorted(found, key=lambda row: (row.date, row.topic_id), reverse=True)
    return {row.in_reply_to: row.topic_id for row in earliest}


def find_titled_topics(
    connection: Connection, key: GroupKey, titles: Collection[str], span: Span
) -> Iterator[TopicTitle]:
    """Yield topics of a group with these titles, last posted to in the span, the latest first."""
    query = (
        select(TOPIC.c.topic_id, TOPIC.c.original_subject, POST.c.date, TOPIC.c.last_post_date)
        .join(POST, POST.c.post_id == TOPIC.c.first_post_id)
        .where(
            TOPIC.c.site_id == key.site_id,
            TOPIC.c.group_id == key.group_id,
            TOPIC.c.original_subject.in_(bindparam("keys", expanding=True)),
            TOPIC.c.last_post_date >= span.since,
            TOPIC.c.last_post_date < span.until,
        )
        .order_by(TOPIC.c.last_post_date.desc(), TOPIC.c.topic_id)
        .limit(_MOST_TOPICS)
    )
    for row in _in_bounds(connection, query, titles):
        yield TopicTitle(row.topic_id, row.original_subject, row.date, row.last_post_date)


def refresh_topics(connection: Connection, topic_ids: Iterable[str]) -> None:
    """Make the figures of the topics agree with their posts."""
    topic = POST.c.topic_id.label("topic")
    earliest = (POST.c.date, POST.c.post_id)
    number = func.row_number().over(partition_by=POST.c.topic_id, order_by=earliest)
    count = func.count().over(partition_by=POST.c.topic_id)
    keys = POST.c.topic_id.in_(bindparam("keys", expanding=True))
    figures_of = (number.label("number"), count.label("num_posts"))
    posts = select(topic, POST.c.post_id, POST.c.date, *figures_of).where(keys).subquery()
    ends: ColumnElement[bool] = or_(posts.c.number == 1, posts.c.number == posts.c.num_posts)
    query = select(posts).where(ends).order_by(posts.c.topic, posts.c.number)
    figures: dict[str, dict[str, Any]] = {}
    for row in _in_bounds(connection, query, set(topic_ids)):
        known = figures.setdefault(row.topic, {"topic": row.topic, "first_post_id": row.post_id})
        known |= {"last_post_id": row.post_id, "last_post_date": row.date}
        known["num_posts"] = row.num_posts
    if figures:
        same = TOPIC.c.topic_id == bindparam("topic")
        connection.execute(update(TOPIC).where(same), list(figures.values()))


def _each(
    connection: Connection,
    column: ColumnElement[Any],
    keys: Collection[str],
    *others: ColumnElement[Any],
) -> Iterator[Row[Any]]:
    query = select(column, *others).where(column.in_(bindparam("keys", expanding=True)))
    return _in_bounds(connection, query, keys)


def _in_bounds(
    connection: Connection, query: "Select[Any]", keys: Collection[str]
) -> Iterator[Row[Any]]:
    for some in chunks(sorted(keys)):
        yield from connection.execute(query, {"keys": some})

# SPDX-License-Identifier: MIT
"""Takes in what is new: sites, groups, people, and posts with the topics that they are in."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete, func, insert, select, update

from .groups import GroupKey
from .posts import Span
from .tables import PERSON, POST, TOPIC, USER_EMAIL


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


def add_missing_address(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Add an address unless somebody has it, in whatever case; return whether it was added."""
    same = func.lower(USER_EMAIL.c.email) == func.lower(row["email"])
    if connection.execute(select(USER_EMAIL.c.email).where(same)).first() is not None:
        return False
    connection.execute(insert(USER_EMAIL), [row])
    return True


def remove_person(connection: Connection, user_id: str) -> None:
    """Remove a person as GroupServer does: the lists of members still have the ID."""
    connection.execute(delete(PERSON).where(PERSON.c.user_id == user_id))


def find_topics(connection: Connection, post_ids: Collection[str]) -> dict[str, str]:
    """Return the topic of each of the posts that is there."""
    query = select(POST.c.post_id, POST.c.topic_id).where(POST.c.post_id.in_(post_ids))
    return {row.post_id: row.topic_id for row in connection.execute(query)}


def find_topic_of_answers(connection: Connection, post_id: str) -> str | None:
    """Return the topic of a post that answers one which is not there yet."""
    query = select(POST.c.topic_id).where(POST.c.in_reply_to == post_id).order_by(POST.c.date)
    return connection.scalar(query.limit(1))


def find_topic_of_subject(connection: Connection, key: GroupKey, subject: str) -> str | None:
    """Return the latest topic of a group with that subject."""
    query = (
        select(TOPIC.c.topic_id)
        .where(
            TOPIC.c.site_id == key.site_id,
            TOPIC.c.group_id == key.group_id,
            TOPIC.c.original_subject == subject,
        )
        .order_by(TOPIC.c.last_post_date.desc(), TOPIC.c.topic_id)
    )
    return connection.scalar(query.limit(1))


def refresh_topics(connection: Connection, topic_ids: Iterable[str]) -> None:
    """Make the figures of the topics agree with their posts."""
    rows = [_figures(connection, topic_id) for topic_id in sorted(topic_ids)]
    if rows:
        same = TOPIC.c.topic_id == bindparam("topic")
        connection.execute(update(TOPIC).where(same), rows)


def count_posts(connection: Connection, span: Span | None = None) -> int:
    """Return how many posts there are, in that span of time or at all."""
    query = select(func.count()).select_from(POST)
    if span is not None:
        query = query.where(POST.c.date >= span.since, POST.c.date < span.until)
    return connection.scalar(query) or 0


def _figures(connection: Connection, topic_id: str) -> dict[str, Any]:
    posts = select(POST.c.post_id, POST.c.date).where(POST.c.topic_id == topic_id)
    first = connection.execute(posts.order_by(POST.c.date, POST.c.post_id).limit(1)).one()
    last = connection.execute(
        posts.order_by(POST.c.date.desc(), POST.c.post_id.desc()).limit(1)
    ).one()
    count = select(func.count()).select_from(POST).where(POST.c.topic_id == topic_id)
    return {
        "topic": topic_id,
        "first_post_id": first.post_id,
        "last_post_id": last.post_id,
        "last_post_date": last.date,
        "num_posts": connection.scalar(count),
    }

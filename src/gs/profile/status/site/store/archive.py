# SPDX-License-Identifier: MIT
"""Adds groups, members, and posts with their topics, to the database."""

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
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)

from gs.profile.status.site.addresses import fold

from .groups import GroupKey
from .posts import TimeSpan, chunks
from .tables import GROUP, MEMBERSHIP, PERSON, POST, TOPIC, USER_EMAIL

#: How many topics of the same subjects are read, the latest first.
_MOST_TOPICS: Final = 2_000


@dataclass(frozen=True, slots=True)
class NewMember:
    """Somebody to add to a group; without an address, the person gets no mail.

    The address was verified at the moment *since*.
    """

    user_id: str
    name: str
    address: str
    since: datetime


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post to add. It may answer several posts, the most probable first: that one is stored.

    The *topic_id* and the *user_id* are empty as long as they are not known.
    """

    post_id: str
    topic_id: str
    user_id: str
    answers: tuple[str, ...]
    subject: str
    date: datetime
    body: str
    header: str
    has_attachments: bool


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic to add, with the post that opens it."""

    topic_id: str
    title: str
    first_post_id: str
    date: datetime


@dataclass(frozen=True, slots=True)
class KnownPost:
    """A post that is in the database: its topic and its date."""

    topic_id: str
    date: datetime


@dataclass(slots=True)
class TopicTitle:
    """A topic by its title: when it began, and when somebody last posted to it."""

    topic_id: str
    title: str
    began: datetime
    latest: datetime


def ensure_group(connection: Connection, key: GroupKey, title: str, email: str) -> None:
    """Add a public group, unless it is there: then it keeps its title and address."""
    is_same = (GROUP.c.site_id == key.site_id) & (GROUP.c.group_id == key.group_id)
    if connection.execute(select(GROUP.c.group_id).where(is_same)).first() is None:
        row = {"site_id": key.site_id, "group_id": key.group_id, "title": title, "email": email}
        add(connection, GROUP, [{**row, "privacy": "public"}])


def add_members(
    connection: Connection, key: GroupKey, members: Collection[NewMember]
) -> dict[str, str]:
    """Add people to a group and its site, and return the ID that each has on the site.

    An address that is in the database belongs to its person, who keeps ID, name and settings.
    """
    owners = find_owners(connection, {one.address for one in members if one.address})
    ids = {one.user_id: owners.get(fold(one.address), one.user_id) for one in members}
    known = {row.user_id for row in _each(connection, PERSON.c.user_id, set(ids.values()))}
    # Of several new members with one address, or one ID, the first counts: it comes last here.
    people: dict[str, dict[str, Any]] = {}
    emails: dict[str, dict[str, Any]] = {}
    for one in reversed(list(members)):
        user_id = ids[one.user_id]
        if user_id not in known:
            # An archive does not say who has logged in. The mail asks nobody to set a password.
            people[user_id] = {"user_id": user_id, "name": one.name, "logged_in": True}
        if one.address and fold(one.address) not in owners:
            # Mail reaches people at the address that they wrote to the list from.
            row = {"user_id": user_id, "email": one.address, "is_preferred": True}
            emails[fold(one.address)] = {**row, "verified_date": one.since}
    add(connection, PERSON, list(people.values()))
    _add_memberships(connection, key, set(ids.values()))
    add(connection, USER_EMAIL, list(emails.values()))
    return ids


def add_topics(connection: Connection, key: GroupKey, topics: Collection[NewTopic]) -> None:
    """Add topics to a group; their posts are added next, and then :func:`refresh_topics`."""
    rows = [
        {
            "topic_id": one.topic_id,
            "site_id": key.site_id,
            "group_id": key.group_id,
            "original_subject": one.title,
            "first_post_id": one.first_post_id,
            "last_post_id": one.first_post_id,
            "last_post_date": one.date,
            "num_posts": 1,
        }
        for one in topics
    ]
    add(connection, TOPIC, rows)


def add_posts(connection: Connection, key: GroupKey, posts: Collection[NewPost]) -> None:
    """Add posts to a group, whose topics are there, and update the figures of these topics."""
    rows = [
        {
            "post_id": one.post_id,
            "topic_id": one.topic_id,
            "site_id": key.site_id,
            "group_id": key.group_id,
            "user_id": one.user_id,
            "in_reply_to": one.answers[0] if one.answers else "",
            "subject": one.subject,
            "date": one.date,
            "body": one.body,
            "header": one.header,
            "has_attachments": one.has_attachments,
        }
        for one in posts
    ]
    add(connection, POST, rows)
    refresh_topics(connection, {one.topic_id for one in posts})


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add *rows* to *table*; none of them may be there."""
    if rows:
        connection.execute(insert(table), rows)


def find_owners(connection: Connection, emails: Collection[str]) -> dict[str, str]:
    """Return the IDs of the owners of the addresses that are there, by address in lower case."""
    key = func.lower(USER_EMAIL.c.email).label("lower")
    found = _each(connection, key, {fold(email) for email in emails}, USER_EMAIL.c.user_id)
    return {row.lower: row.user_id for row in found}


def find_known_posts(connection: Connection, post_ids: Collection[str]) -> dict[str, KnownPost]:
    """Return those of the posts that are in the database, by ID."""
    found = _each(connection, POST.c.post_id, post_ids, POST.c.topic_id, POST.c.date)
    return {row.post_id: KnownPost(row.topic_id, row.date) for row in found}


def find_topics_of_answers(connection: Connection, post_ids: Collection[str]) -> dict[str, str]:
    """Return, for posts that are not there, the topic of the earliest post that answers each."""
    found = _each(connection, POST.c.in_reply_to, post_ids, POST.c.topic_id, POST.c.date)
    # The earliest comes last and stays.
    earliest = sorted(found, key=lambda row: (row.date, row.topic_id), reverse=True)
    return {row.in_reply_to: row.topic_id for row in earliest}


def find_titled_topics(
    connection: Connection, key: GroupKey, titles: Collection[str], span: TimeSpan
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
    """Compute the figures of the topics from their posts."""
    topic = POST.c.topic_id.label("topic")
    earliest = (POST.c.date, POST.c.post_id)
    number = func.row_number().over(partition_by=POST.c.topic_id, order_by=earliest)
    count = func.count().over(partition_by=POST.c.topic_id)
    keys = POST.c.topic_id.in_(bindparam("keys", expanding=True))
    figures_of = (number.label("number"), count.label("count"))
    posts = select(topic, POST.c.post_id, POST.c.date, *figures_of).where(keys).subquery()
    ends: ColumnElement[bool] = or_(posts.c.number == 1, posts.c.number == posts.c.count)
    query = select(posts).where(ends).order_by(posts.c.topic, posts.c.number)
    figures: dict[str, dict[str, Any]] = {}
    for row in _in_bounds(connection, query, set(topic_ids)):
        known = figures.setdefault(row.topic, {"topic": row.topic, "first_post_id": row.post_id})
        known["last_post_date"] = row.date
    if figures:
        same = TOPIC.c.topic_id == bindparam("topic")
        connection.execute(update(TOPIC).where(same), list(figures.values()))


def _add_memberships(connection: Connection, key: GroupKey, user_ids: Collection[str]) -> None:
    table = MEMBERSHIP.c
    found = _each(connection, table.user_id, user_ids, table.site_id, table.group_id)
    known = {(row.user_id, row.group_id) for row in found if row.site_id == key.site_id}
    rows = [
        {"user_id": user_id, "site_id": key.site_id, "group_id": group_id}
        for user_id in sorted(user_ids)
        for group_id in ("", key.group_id)
        if (user_id, group_id) not in known
    ]
    add(connection, MEMBERSHIP, rows)


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

# SPDX-License-Identifier: MIT
"""Works out what happened in a group in a month from what the store has of it."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from gs.profile.status.hooks import Period
from gs.profile.status.site.model import Activity, Author, Figures, Group, Keyword, Topic
from gs.profile.status.site.store.groups import (
    GroupData,
    GroupKey,
    find_faces,
    find_group,
    find_names,
)
from gs.profile.status.site.store.posts import (
    Post,
    Span,
    find_authors,
    find_bodies,
    find_message_ids,
    find_older_texts,
    find_posts,
)
from gs.profile.status.site.urls import Layout

from .authors import order_authors
from .figures import count_figures, count_own
from .keywords import find_keywords
from .quotations import candidates, choose_quotation
from .subjects import without_marks
from .topics import Discussion, order_discussions

_FACES: Final = 12
# More topics, or authors, than any notification shows; there may be thousands of them.
_MOST_SHOWN: Final = 100
# Enough older posts to know a group's usual words, few enough to read in no time.
_OLDER: Final = 400
# Enough of a month's posts to know what it was about.
_READ: Final = 2_000
_NAMES: Final = 5_000
_NOTHING: Final = Figures(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a group, with its posts, the earliest first."""

    key: GroupKey
    site_url: str
    layout: Layout
    span: Span
    posts: list[Post]


def work_out(
    connection: Connection, key: GroupKey, period: Period, layout: Layout
) -> tuple[Group, Activity] | None:
    """Return a group with its activity in *period*; ``None`` where there is no such group."""
    data = find_group(connection, key)
    if data is None:
        return None
    span, before = Span.of(period), Span.of(period.before())
    posts = find_posts(connection, key, Span(before.since, span.until))
    first = bisect_left(posts, span.since, key=lambda post: post.date)
    month = Month(key, data.site_url, layout, span, posts[first:])
    activity = _activity(connection, month, count_figures(posts[:first]))
    return _group(connection, key, data, layout), activity


def _group(connection: Connection, key: GroupKey, data: GroupData, layout: Layout) -> Group:
    return Group(
        id=key.group_id,
        title=data.title,
        url=layout.group_page(data.site_url, key.group_id),
        settings_url=layout.group_settings(data.site_url, key.group_id),
        email=data.email,
        secret=data.privacy == "secret",
        member_count=data.member_count,
        faces=find_faces(connection, key, _FACES),
    )


def _activity(connection: Connection, month: Month, before: Figures) -> Activity:
    posts = month.posts
    if not posts:
        return Activity(_NOTHING, before, (), (), (), None, {})
    people = find_authors(connection, {post.user_id for post in posts})
    discussions = order_discussions(posts, month.span)[:_MOST_SHOWN]
    topics = dict(_topics(connection, month, discussions))
    quotable = candidates(discussions)
    return Activity(
        figures=count_figures(posts),
        before=before,
        authors=order_authors(posts, people)[:_MOST_SHOWN],
        topics=tuple(topics.values()),
        keywords=_keywords(connection, month, people.values()),
        quotation=choose_quotation(_texts(connection, quotable), topics, people),
        own=count_own(posts),
    )


def _topics(
    connection: Connection, month: Month, discussions: Sequence[Discussion]
) -> Iterator[tuple[str, Topic]]:
    firsts = [one.first_post_id for one in discussions]
    message_ids = find_message_ids(connection, firsts) if month.layout.topic else {}
    for one, first in zip(discussions, firsts, strict=True):
        url = month.layout.topic_page(
            month.site_url, month.key.group_id, first, message_ids.get(first)
        )
        yield one.topic_id, one.topic(url)


def _keywords(
    connection: Connection, month: Month, authors: Iterable[Author]
) -> tuple[Keyword, ...]:
    # Of very many posts those are read that are evenly spread over the month.
    posts = month.posts[:: -(-len(month.posts) // _READ)]
    texts = (
        _with_subject(post.subject if post.opens else "", body)
        for post, body in _texts(connection, posts)
    )
    older = find_older_texts(connection, month.key, month.span.since, _OLDER)
    names = [author.name for author in authors] + find_names(connection, month.key, _NAMES)
    return find_keywords(texts, (_with_subject(*text) for text in older), names)


def _with_subject(subject: str, body: str) -> str:
    return f"{without_marks(subject)}\n\n{body}"


def _texts(connection: Connection, posts: Sequence[Post]) -> Iterator[tuple[Post, str]]:
    by_id = {post.post_id: post for post in posts}
    return ((by_id[post_id], body) for post_id, body in find_bodies(connection, list(by_id)))

# SPDX-License-Identifier: MIT
"""What happened in a group in a month, computed once for all of its members."""

import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from gs.profile.status.hooks import Period
from gs.profile.status.site.links import Layout
from gs.profile.status.site.model import Activity, Author, Figures, Group, Keyword, Own, Topic
from gs.profile.status.site.store.database import Connection
from gs.profile.status.site.store.groups import (
    GroupData,
    GroupKey,
    find_faces,
    find_group,
    find_names,
)
from gs.profile.status.site.store.posts import (
    Span,
    StoredPost,
    find_authors,
    find_bodies,
    find_message_ids,
    find_older_texts,
    find_posts,
)
from gs.profile.status.site.subjects import strip_marks

from .keywords import find_keywords
from .quotation import candidates, choose_quotation
from .topics import Discussion, order_discussions


def count_figures(posts: Sequence[StoredPost]) -> Figures:
    """Return how many people posted, in how many topics, how often."""
    authors = {post.user_id for post in posts}
    topics = {post.topic_id for post in posts}
    return Figures(len(authors), len(topics), len(posts))


def count_own(posts: Sequence[StoredPost]) -> dict[str, Own]:
    """Return what each author did, by ID: who started a topic wrote its first post."""
    starters = {post.topic_id: post.user_id for post in posts if post.opens}
    started = Counter(starters.values())
    answered: defaultdict[str, set[str]] = defaultdict(set)
    for post in posts:
        starter = starters.get(post.topic_id, post.user_id)
        if starter != post.user_id:
            answered[starter].add(post.user_id)
    times = Counter(post.user_id for post in posts)
    return {
        author: Own(count, started[author], len(answered.get(author, ())))
        for author, count in times.items()
    }


def order_authors(posts: Sequence[StoredPost], people: Mapping[str, Author]) -> tuple[Author, ...]:
    """Return the authors of *posts*: with a photo first, then with the most posts, then by ID.

    *people* are those with an account, by ID: whose account was removed is nobody to show.
    """
    times = Counter(post.user_id for post in posts)
    known = [people[user_id] for user_id in times if user_id in people]
    known.sort(key=lambda author: (author.photo is None, -times[author.id], author.id))
    return tuple(known)


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
    posts: list[StoredPost]


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
    return f"{strip_marks(subject)}\n\n{body}"


def _texts(
    connection: Connection, posts: Sequence[StoredPost]
) -> Iterator[tuple[StoredPost, str]]:
    by_id = {post.post_id: post for post in posts}
    return ((by_id[post_id], body) for post_id, body in find_bodies(connection, list(by_id)))


_Found: TypeAlias = tuple[Group, Activity] | None


class Activities:
    """What happened in each group, kept for as many seconds as *lifetime* says.

    Hiding a post is seen after that time. What can be read on the web is where the *layout* has
    it. Threads may share it.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        layout: Layout,
        lifetime: float = 600.0,
    ) -> None:
        self._layout = layout
        self._monotonic = monotonic
        self._lifetime = lifetime
        self._kept: dict[tuple[GroupKey, Period], tuple[float, _Found]] = {}
        self._lock = threading.Lock()

    def of(self, connection: Connection, key: GroupKey, period: Period) -> _Found:
        """Return a group, as all of its members see it, with its activity in *period*.

        ``None`` where there is no such group. What is not known yet is read over *connection*.
        """
        kept = self._kept.get((key, period))
        if kept is None or self._monotonic() - kept[0] > self._lifetime:
            # One at a time: when a run begins, all of its first requests want the same groups.
            with self._lock:
                kept = self._kept.get((key, period))
                if kept is None or self._monotonic() - kept[0] > self._lifetime:
                    kept = self._monotonic(), work_out(connection, key, period, self._layout)
                    self._keep((key, period), kept)
        return kept[1]

    def _keep(self, key: tuple[GroupKey, Period], found: tuple[float, _Found]) -> None:
        # Others read the dictionary meanwhile: it is replaced rather than changed.
        moment = found[0]
        kept = {
            other: value
            for other, value in self._kept.items()
            if moment - value[0] <= self._lifetime
        }
        self._kept = kept | {key: found}

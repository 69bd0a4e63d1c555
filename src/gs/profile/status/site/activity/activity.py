# SPDX-License-Identifier: MIT
"""What happened in a group in a month: computed once for all members, and cached."""

import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from gs.profile.status.hooks import Period
from gs.profile.status.site.links import Layout
from gs.profile.status.site.model import (
    Activity,
    Author,
    Contribution,
    Figures,
    Group,
    Keyword,
    Topic,
)
from gs.profile.status.site.store.database import Connection
from gs.profile.status.site.store.groups import (
    GroupData,
    GroupKey,
    find_faces,
    find_group,
    find_names,
)
from gs.profile.status.site.store.posts import (
    StoredPost,
    TimeSpan,
    find_authors,
    find_bodies,
    find_message_ids,
    find_older_texts,
    find_posts,
)
from gs.profile.status.site.subjects import strip_prefixes

from .keywords import find_keywords
from .quotation import choose_quotation, quotable_posts
from .topics import Discussion, order_discussions

_MEMBERS: Final = 12
#: The limit of topics, and of authors: there may be thousands, and a notification shows fewer.
_MOST_SHOWN: Final = 100
#: Enough older posts for the usual words of a group, few enough to read quickly.
_OLDER: Final = 400
#: Enough posts of a month for its keywords.
_READ: Final = 2_000
_NAMES: Final = 5_000

_Computed: TypeAlias = tuple[Group, Activity] | None


class Activities:
    """A cache of the activity of each group; an entry is valid for *lifetime* seconds.

    So a post that is hidden disappears after that time. The *layout* has the URLs of the pages.
    Threads may share an instance.
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
        self._entries: dict[tuple[GroupKey, Period], tuple[float, _Computed]] = {}
        self._lock = threading.Lock()

    def of(self, connection: Connection, key: GroupKey, period: Period) -> _Computed:
        """Return a group with its activity in *period*, or ``None`` if there is no such group.

        An activity that is not in the cache is computed over *connection*.
        """
        entry = self._entries.get((key, period))
        if entry is None or self._monotonic() - entry[0] > self._lifetime:
            # One at a time: at the start of a run, all requests need the same groups.
            with self._lock:
                entry = self._entries.get((key, period))
                if entry is None or self._monotonic() - entry[0] > self._lifetime:
                    moment = self._monotonic()
                    entry = moment, compute_activity(connection, key, period, self._layout)
                    self._add((key, period), entry)
        return entry[1]

    def _add(self, key: tuple[GroupKey, Period], entry: tuple[float, _Computed]) -> None:
        # Other threads read the dictionary meanwhile, so it is replaced and not changed.
        moment = entry[0]
        valid = {
            other: value
            for other, value in self._entries.items()
            if moment - value[0] <= self._lifetime
        }
        self._entries = valid | {key: entry}


def compute_activity(
    connection: Connection, key: GroupKey, period: Period, layout: Layout
) -> _Computed:
    """Return a group with its activity in *period*, or ``None`` if there is no such group."""
    data = find_group(connection, key)
    if data is None:
        return None
    span, before = TimeSpan.of(period), TimeSpan.of(period.before())
    posts = find_posts(connection, key, TimeSpan(before.since, span.until))
    first = bisect_left(posts, span.since, key=lambda post: post.date)
    month = _Month(key, data.site_url, layout, span, posts[first:])
    activity = _activity(connection, month, count_figures(posts[:first]))
    return _group(connection, key, data, layout), activity


@dataclass(frozen=True, slots=True)
class _Month:
    """A month of a group, with its posts by date."""

    key: GroupKey
    site_url: str
    layout: Layout
    span: TimeSpan
    posts: list[StoredPost]


def _group(connection: Connection, key: GroupKey, data: GroupData, layout: Layout) -> Group:
    return Group(
        id=key.group_id,
        title=data.title,
        url=layout.group_page(data.site_url, key.group_id),
        settings_url=layout.group_settings(data.site_url, key.group_id),
        email=data.email,
        secret=data.privacy == "secret",
        member_count=data.member_count,
        members=find_faces(connection, key, _MEMBERS),
    )


def _activity(connection: Connection, month: _Month, before: Figures) -> Activity:
    posts = month.posts
    if not posts:
        return Activity(Figures(0, 0, 0), before, (), (), (), None, {})
    people = find_authors(connection, {post.user_id for post in posts})
    discussions = order_discussions(posts, month.span)[:_MOST_SHOWN]
    topics = dict(_topics(connection, month, discussions))
    quotable = _texts(connection, quotable_posts(discussions))
    return Activity(
        figures=count_figures(posts),
        before=before,
        authors=order_authors(posts, people)[:_MOST_SHOWN],
        topics=tuple(topics.values()),
        keywords=_keywords(connection, month, people.values()),
        quotation=choose_quotation(quotable, topics, people),
        contributions=count_contributions(posts),
    )


def _topics(
    connection: Connection, month: _Month, discussions: Sequence[Discussion]
) -> Iterator[tuple[str, Topic]]:
    firsts = [one.first_post_id for one in discussions]
    message_ids = find_message_ids(connection, firsts) if month.layout.topic else {}
    for one, first in zip(discussions, firsts, strict=True):
        url = month.layout.topic_page(
            month.site_url, month.key.group_id, first, message_ids.get(first)
        )
        yield one.topic_id, one.topic(url)


def order_authors(posts: Sequence[StoredPost], people: Mapping[str, Author]) -> tuple[Author, ...]:
    """Return the authors of *posts*: those with a photo first, then by posts, then by ID.

    *people* are those with an account, by ID. Authors whose account was removed are left out.
    """
    times = Counter(post.user_id for post in posts)
    known = [people[user_id] for user_id in times if user_id in people]
    known.sort(key=lambda author: (author.photo is None, -times[author.id], author.id))
    return tuple(known)


def _keywords(
    connection: Connection, month: _Month, authors: Iterable[Author]
) -> tuple[Keyword, ...]:
    # Of very many posts, every n-th is read: they are evenly spread over the month.
    posts = month.posts[:: -(-len(month.posts) // _READ)]
    texts = (
        _with_subject(post.subject if post.opens else "", body)
        for post, body in _texts(connection, posts)
    )
    older = find_older_texts(connection, month.key, month.span.since, _OLDER)
    names = [author.name for author in authors] + find_names(connection, month.key, _NAMES)
    return find_keywords(texts, (_with_subject(*text) for text in older), names)


def _with_subject(subject: str, body: str) -> str:
    return f"{strip_prefixes(subject)[0]}\n\n{body}"


def _texts(
    connection: Connection, posts: Sequence[StoredPost]
) -> Iterator[tuple[StoredPost, str]]:
    by_id = {post.post_id: post for post in posts}
    return ((by_id[post_id], body) for post_id, body in find_bodies(connection, list(by_id)))


def count_figures(posts: Sequence[StoredPost]) -> Figures:
    """Return the number of authors, topics and posts."""
    authors = {post.user_id for post in posts}
    topics = {post.topic_id for post in posts}
    return Figures(len(authors), len(topics), len(posts))


def count_contributions(posts: Sequence[StoredPost]) -> dict[str, Contribution]:
    """Return the contribution of each author, by ID; the first post of a topic starts it."""
    starters = {post.topic_id: post.user_id for post in posts if post.opens}
    started = Counter(starters.values())
    answered: defaultdict[str, set[str]] = defaultdict(set)
    for post in posts:
        starter = starters.get(post.topic_id, post.user_id)
        if starter != post.user_id:
            answered[starter].add(post.user_id)
    times = Counter(post.user_id for post in posts)
    return {
        author: Contribution(count, started[author], len(answered.get(author, ())))
        for author, count in times.items()
    }

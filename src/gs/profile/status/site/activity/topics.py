# SPDX-License-Identifier: MIT
"""The order of the topics of a month: those that are most worth opening come first."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gs.profile.status.site.model import Topic
from gs.profile.status.site.store.posts import StoredPost, TimeSpan

# A topic of the last moment of a month is worth this part more than one of the first.
_RECENCY: Final = 0.2


@dataclass(frozen=True, slots=True)
class Discussion:
    """The posts of a topic in the month, by date; there is at least one."""

    posts: tuple[StoredPost, ...]

    @property
    def topic_id(self) -> str:
        """The ID of the topic."""
        return self.posts[0].topic_id

    @property
    def latest(self) -> datetime:
        """The date of the last post."""
        return self.posts[-1].date

    @property
    def first_post_id(self) -> str:
        """The ID of the post that started the topic, in this month or before."""
        return self.posts[0].first_post_id

    def topic(self, url: str | None) -> Topic:
        """Return the topic of the month; its page is at *url*."""
        people = {post.user_id for post in self.posts}
        return Topic(self.posts[0].subject, url, len(self.posts), len(people), self.latest)


def order_discussions(posts: Sequence[StoredPost], span: TimeSpan) -> list[Discussion]:
    """Return the topics of the *posts* of a month, which are by date; the best topic comes first.

    The worth of a topic is a sum over its authors: each counts log2(1 + n) for n posts. So one
    post counts 1, three count 2, and seven count 3: many authors are worth more than many posts.
    A topic at the end of the month is worth a fifth more than one at its beginning. Topics with
    one author have no answer, and come last. Of equal topics, the one with the latest post comes
    first, then the order is by ID: the order depends on the posts alone.
    """
    topics: defaultdict[str, list[StoredPost]] = defaultdict(list)
    for post in posts:
        topics[post.topic_id].append(post)
    discussions = [Discussion(tuple(found)) for found in topics.values()]
    return sorted(discussions, key=lambda one: _rank(one, span))


def _rank(one: Discussion, span: TimeSpan) -> tuple[bool, float, timedelta, str]:
    times = Counter(post.user_id for post in one.posts)
    # An exact sum does not depend on the order of the authors.
    voices = math.fsum(math.log2(1 + count) for count in times.values())
    recency = (one.latest - span.since) / (span.until - span.since)
    worth = voices * (1 + _RECENCY * recency)
    return len(times) == 1, -worth, span.until - one.latest, one.topic_id

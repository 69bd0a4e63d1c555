# SPDX-License-Identifier: MIT
"""Puts the topics of a month in the order in which they are worth opening."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gs.profile.status.site.model import Topic
from gs.profile.status.site.store.posts import Span, StoredPost

# What the last moment of a month adds to a topic, in parts of what it is worth at the first.
_RECENCY: Final = 0.2


@dataclass(frozen=True, slots=True)
class Discussion:
    """What was posted to a topic in the month, the earliest first; there is at least one post."""

    posts: tuple[StoredPost, ...]

    @property
    def topic_id(self) -> str:
        """What names the topic."""
        return self.posts[0].topic_id

    @property
    def latest(self) -> datetime:
        """When the last of the posts was written."""
        return self.posts[-1].date

    @property
    def first_post_id(self) -> str:
        """The post that opened the topic, in this month or before."""
        return self.posts[0].first_post_id

    def topic(self, url: str | None) -> Topic:
        """Return the topic as a notification tells of it: it is at the *url*."""
        people = {post.user_id for post in self.posts}
        return Topic(self.posts[0].subject, url, len(self.posts), len(people), self.latest)


def order_discussions(posts: Sequence[StoredPost], span: Span) -> list[Discussion]:
    """Return the topics of *posts*, which are those of a month in their order, the best first.

    What a topic is worth: each person counts by the logarithm of their posts in it, log2(1 + n),
    so that the first is 1, three are 2 and seven 3: many voices are worth more than many
    posts. At the end of the month it is worth a fifth more than at its beginning. What only one
    person posted to has no answer, and comes after all that have one. Those that are worth the
    same are ordered by their latest post, then by ID: the order is that of the posts alone.
    """
    topics: defaultdict[str, list[StoredPost]] = defaultdict(list)
    for post in posts:
        topics[post.topic_id].append(post)
    discussions = [Discussion(tuple(found)) for found in topics.values()]
    return sorted(discussions, key=lambda one: _rank(one, span))


def _rank(one: Discussion, span: Span) -> tuple[bool, float, timedelta, str]:
    times = Counter(post.user_id for post in one.posts)
    # An exact sum: it does not depend on who posted first.
    voices = math.fsum(math.log2(1 + count) for count in times.values())
    recency = (one.latest - span.since) / (span.until - span.since)
    worth = voices * (1 + _RECENCY * recency)
    return len(times) == 1, -worth, span.until - one.latest, one.topic_id

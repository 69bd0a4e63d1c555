# SPDX-License-Identifier: MIT
"""Counts the posts of a month: all of them, and what each of their authors did."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from gs.profile.status.site.model import Figures, Own
from gs.profile.status.site.store.posts import Post


def count_figures(posts: Sequence[Post]) -> Figures:
    """Return how many people posted, in how many topics, how often."""
    authors = {post.user_id for post in posts}
    topics = {post.topic_id for post in posts}
    return Figures(len(authors), len(topics), len(posts))


def count_own(posts: Sequence[Post]) -> dict[str, Own]:
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

# SPDX-License-Identifier: MIT
"""Chooses the quotation: of which topics, of which of their posts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from gs.profile.status.site.model import Author, Quotation, Topic
from gs.profile.status.site.store.posts import Post

from .quotation import find_passage
from .topics import Discussion

# How many topics are worth a quotation, and how many posts of each are looked at.
_TOPICS: Final = 5
_POSTS: Final = 6


def candidates(discussions: Sequence[Discussion]) -> list[Post]:
    """Return the posts that may be quoted, the best first.

    Those that open a topic come first: what answers them hangs in the air without them.
    """
    posts = [post for one in discussions[:_TOPICS] for post in one.posts[:_POSTS]]
    return sorted(posts, key=lambda post: not post.opens)


def choose_quotation(
    posts: Iterable[tuple[Post, str]], topics: Mapping[str, Topic], people: Mapping[str, Author]
) -> Quotation | None:
    """Return what there is to quote of the first of *posts*, with their text, that is fit.

    *topics* and *people* are those of the posts, by ID. ``None`` where nothing is fit.
    """
    for post, text in posts:
        words = find_passage(text)
        if words is not None:
            return Quotation(words, people.get(post.user_id), topics[post.topic_id])
    return None

# SPDX-License-Identifier: MIT
"""Puts those who posted in the order in which a group is glad to show them."""

from collections import Counter
from collections.abc import Mapping, Sequence

from gs.profile.status.site.model import Author
from gs.profile.status.site.store.posts import Post


def order_authors(posts: Sequence[Post], people: Mapping[str, Author]) -> tuple[Author, ...]:
    """Return the authors of *posts*: with a photo first, then with the most posts, then by ID.

    *people* are those with an account, by ID: whose account was removed is nobody to show.
    """
    times = Counter(post.user_id for post in posts)
    known = [people[user_id] for user_id in times if user_id in people]
    known.sort(key=lambda author: (author.photo is None, -times[author.id], author.id))
    return tuple(known)

# SPDX-License-Identifier: MIT
"""Where things are on the web, below the URL of their site, as GroupServer lays them out."""

from urllib.parse import quote


def group_url(site_url: str, group_id: str) -> str:
    """Return the URL of a group's page."""
    return f"{site_url}/groups/{quote(group_id, safe='')}"


def topic_url(site_url: str, post_id: str) -> str:
    """Return the URL of the topic that a post is in: any of its posts names it."""
    return f"{site_url}/r/topic/{quote(post_id, safe='')}"


def profile_url(site_url: str, user_id: str) -> str:
    """Return the URL of a member's profile."""
    return f"{site_url}/p/{quote(user_id, safe='')}"

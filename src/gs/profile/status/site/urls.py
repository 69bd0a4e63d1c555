# SPDX-License-Identifier: MIT
"""Where things are on the web: as GroupServer lays them out, or as an archive elsewhere does."""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

_BRACES: Final = re.compile(r"\{([a-z-]*)\}")
_URL: Final = re.compile(r'https?://[^\s{}/?#@<>"\\]+/(?:[^\s{}<>"\\]|\{[a-z-]*\})*')


@dataclass(frozen=True, slots=True)
class Layout:
    """Which pages there are to be linked.

    With *groupserver* they are GroupServer's, below the URL of the site. *group* and *topic* go
    before these: the URLs at which an archive elsewhere has a group, and a post by its Message-ID,
    with what :func:`is_group_url` and :func:`is_topic_url` allow in braces.
    """

    groupserver: bool = True
    group: str | None = None
    topic: str | None = None

    def home(self, site_url: str) -> str | None:
        """Return the URL of a site's own pages."""
        return site_url if self.groupserver else None

    def group_page(self, site_url: str, group_id: str) -> str | None:
        """Return the URL at which the posts of a group can be read."""
        if self.group is not None:
            return _filled(self.group, {"group": group_id})
        return self.group_settings(site_url, group_id)

    def group_settings(self, site_url: str, group_id: str) -> str | None:
        """Return the URL of GroupServer's page of a group, below which are its settings."""
        return f"{site_url}/groups/{quote(group_id, safe='')}" if self.groupserver else None

    def topic_page(
        self, site_url: str, group_id: str, post_id: str, message_id: str | None
    ) -> str | None:
        """Return the URL of the topic that begins with a post; ``None`` where it has no page.

        The *message_id* of the post has no angle brackets; ``None`` where it is not known.
        """
        if self.topic is not None and message_id is not None:
            values = {
                "group": group_id,
                "message-id": message_id,
                "message-id-hash": message_id_hash(message_id),
            }
            return _filled(self.topic, values)
        return f"{site_url}/r/topic/{quote(post_id, safe='')}" if self.groupserver else None

    def profile(self, site_url: str, user_id: str) -> str | None:
        """Return the URL of a member's profile."""
        return f"{site_url}/p/{quote(user_id, safe='')}" if self.groupserver else None


def is_group_url(text: str) -> bool:
    """Return whether *text* is a URL of the web that has nothing but ``group`` in braces.

    The braces stand behind the host.
    """
    return _is_url(text) and _names(text) <= {"group"}


def is_topic_url(text: str) -> bool:
    """Return whether *text* is a URL of the web that has what names a post in braces.

    That is ``message-id`` or ``message-id-hash``; it may have the ``group`` too, and nothing else.
    The braces stand behind the host.
    """
    names = _names(text) - {"group"}
    return _is_url(text) and names != set() and names <= {"message-id", "message-id-hash"}


def message_id_hash(message_id: str) -> str:
    """Return what Mailman 3 calls a post by: the SHA-1 of its Message-ID, in base 32.

    It is what the header field ``Message-ID-Hash`` has, and HyperKitty's URLs.
    """
    digest = hashlib.sha1(message_id.encode(), usedforsecurity=False).digest()
    return base64.b32encode(digest).decode("ascii")


def _filled(url: str, values: dict[str, str]) -> str:
    return _BRACES.sub(lambda found: quote(values[found[1]], safe="@"), url)


def _is_url(text: str) -> bool:
    return _URL.fullmatch(text) is not None


def _names(text: str) -> set[str]:
    return set(_BRACES.findall(text))

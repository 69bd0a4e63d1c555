# SPDX-License-Identifier: MIT
"""Posts messages to their group, in as few statements as there can be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gs.profile.status.site.ingest.identifiers import identifier_of
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.archive import Posted, add, refresh_topics
from gs.profile.status.site.store.groups import GroupKey

from .drafts import Draft
from .joining import Joining
from .threads import Threads


@dataclass(frozen=True, slots=True)
class Posting:
    """The posting of one group's archive."""

    key: GroupKey
    joining: Joining

    def post(
        self, connection: Connection, drafts: Sequence[Draft], there: Mapping[str, Posted]
    ) -> None:
        """Post the *drafts*, of which none is there; *there* has the posts that they answer."""
        threads = Threads({post_id: posted.topic_id for post_id, posted in there.items()})
        threads.load(connection, self.key, drafts)
        authors = self.joining.join(connection, drafts)
        topics: list[dict[str, Any]] = []
        posts: list[dict[str, Any]] = []
        for draft in drafts:
            topic_id = threads.find(draft)
            if topic_id is None:
                topics.append(self._topic(draft))
                topic_id = topics[-1]["topic_id"]
            threads.put(draft, topic_id)
            author = "" if draft.guise is None else authors[draft.guise.user_id]
            posts.append({**draft.row, "topic_id": topic_id, "user_id": author})
        add(connection, tables.TOPIC, topics)
        add(connection, tables.POST, posts)
        refresh_topics(connection, {post["topic_id"] for post in posts})

    def _topic(self, draft: Draft) -> dict[str, Any]:
        return {
            "topic_id": identifier_of("topic", draft.post_id),
            "site_id": self.key.site_id,
            "group_id": self.key.group_id,
            "original_subject": draft.title,
            "first_post_id": draft.post_id,
            "last_post_id": draft.post_id,
            "last_post_date": draft.date,
            "num_posts": 1,
        }

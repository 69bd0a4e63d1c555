# SPDX-License-Identifier: MIT
"""Finds the topics that messages belong to."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from gs.profile.status.site.store.archive import Titled, find_titled_topics, find_topics_of_answers
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.posts import Span
from gs.profile.status.site.subjects import NO_SUBJECT

from .drafts import Draft

#: How long after the last post a topic is continued by its subject alone. People who answer do
#: so within weeks; subjects that come again ("Minutes", "Call for papers") do so within a year.
CONTINUED: Final = timedelta(days=183)
# Clocks differ, and a reply may lie in the archive before what it answers.
_ASKEW: Final = timedelta(days=1)


class Threads:
    """The topics of a group, as far as some messages may belong to them."""

    def __init__(self, topics: Mapping[str, str]) -> None:
        self._of_post = dict(topics)
        self._of_answer: dict[str, str] = {}
        self._titled: defaultdict[str, list[Titled]] = defaultdict(list)
        self._by_id: dict[str, Titled] = {}

    def load(self, connection: Connection, key: GroupKey, drafts: Collection[Draft]) -> None:
        """Look up what may be there for the *drafts*."""
        post_ids = [draft.post_id for draft in drafts]
        self._of_answer = find_topics_of_answers(connection, post_ids)
        replies = [draft for draft in drafts if _continues(draft)]
        if replies:
            since = min(draft.date for draft in replies) - CONTINUED
            until = max(draft.date for draft in replies) + CONTINUED
            titles = {draft.title for draft in replies}
            for titled in find_titled_topics(connection, key, titles, Span(since, until)):
                self._know(titled)

    def find(self, draft: Draft) -> str | None:
        """Return the topic that is there for a message, ``None`` if it opens one.

        First that of the nearest of the posts that it answers; then that of a post that answers
        it, where the archive has the answer first; then, for a reply alone, the one of the same
        subject that had last begun, if it is recent: two messages that are no replies may well
        have the same subject.
        """
        for answered in draft.answers:
            if answered in self._of_post:
                return self._of_post[answered]
        topic_id = self._of_answer.get(draft.post_id)
        if topic_id is None and _continues(draft):
            return self._continued(draft)
        return topic_id

    def put(self, draft: Draft, topic_id: str) -> None:
        """Hear that the message is a post of that topic now."""
        self._of_post[draft.post_id] = topic_id
        for answered in draft.answers[:1]:
            self._of_answer.setdefault(answered, topic_id)
        titled = self._by_id.get(topic_id)
        if titled is None:
            self._know(Titled(topic_id, draft.title, draft.date, draft.date))
        else:
            titled.began = min(titled.began, draft.date)
            titled.latest = max(titled.latest, draft.date)

    def _know(self, titled: Titled) -> None:
        self._titled[titled.title].append(titled)
        self._by_id[titled.topic_id] = titled

    def _continued(self, draft: Draft) -> str | None:
        recent = [
            titled
            for titled in self._titled[draft.title]
            if titled.began <= draft.date + _ASKEW and titled.latest >= draft.date - CONTINUED
        ]
        last = max(recent, key=lambda titled: (titled.began, titled.topic_id), default=None)
        return None if last is None else last.topic_id


def _continues(draft: Draft) -> bool:
    return draft.reply and draft.title != NO_SUBJECT

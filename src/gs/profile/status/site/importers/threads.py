# SPDX-License-Identifier: MIT
"""Finds the topic that a message belongs to."""

from sqlalchemy import Connection

from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.intake import (
    find_topic_of_answers,
    find_topic_of_subject,
    find_topics,
)


def find_topic(
    connection: Connection,
    key: GroupKey,
    post_id: str,
    answers: tuple[str, ...],
    subject: str | None,
) -> str | None:
    """Return the topic that is there for a post, ``None`` if it opens one.

    First that of the nearest of the posts that it *answers*; then that of a post that answers
    it, where the archive has the answer first; then the latest of the same *subject*, which is
    given for a reply alone: two that are none may well have the same.
    """
    topics = find_topics(connection, answers) if answers else {}
    for answered in answers:
        if answered in topics:
            return topics[answered]
    topic = find_topic_of_answers(connection, post_id)
    if topic is None and subject is not None:
        topic = find_topic_of_subject(connection, key, subject)
    return topic

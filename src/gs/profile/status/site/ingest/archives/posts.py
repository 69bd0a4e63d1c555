# SPDX-License-Identifier: MIT
"""Turns messages into new posts: which of them are new, and their IDs, authors and topics."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from gs.profile.status.site.ingest.identifiers import identifier_of
from gs.profile.status.site.store.archive import (
    KnownPost,
    NewMember,
    NewPost,
    NewTopic,
    TopicTitle,
    find_titled_topics,
    find_topics_of_answers,
)
from gs.profile.status.site.store.database import Connection
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.posts import TimeSpan
from gs.profile.status.site.subjects import NO_SUBJECT, strip_prefixes
from gs.profile.status.site.text import safe_line

from .findings import Finding, Findings
from .message import ParsedMessage
from .pseudonyms import Anonymizer

_MESSAGES_AT_A_TIME: Final = 500
_CHARACTERS_AT_A_TIME: Final = 2_000_000


def in_batches(messages: Iterable[ParsedMessage]) -> Iterator[list[ParsedMessage]]:
    """Yield the messages in lists that take neither much time to write nor much memory."""
    batch: list[ParsedMessage] = []
    characters = 0
    for message in messages:
        batch.append(message)
        characters += len(message.body) + len(message.header)
        if len(batch) == _MESSAGES_AT_A_TIME or characters > _CHARACTERS_AT_A_TIME:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


@dataclass(slots=True)
class PostBuilder:
    """Makes the posts of one batch of a group's messages, with what the anonymizer allows.

    *authors* are those of the posts, by ID.
    """

    key: GroupKey
    anonymizer: Anonymizer
    authors: dict[str, NewMember] = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict)

    def ids_of(self, messages: Iterable[ParsedMessage]) -> set[str]:
        """Return the IDs that the posts may have, and those of the posts that they may answer."""
        ids: set[str] = set()
        for message in messages:
            ids.update(map(self._post_id, (message.message_id, *message.answers)))
            ids.add(self._repeated_id(message))
        return ids

    def build(
        self, messages: Sequence[ParsedMessage], known: Mapping[str, KnownPost], findings: Findings
    ) -> list[NewPost]:
        """Return the posts of those of the *messages* that are not *known*.

        A Message-ID that comes again is the same message in another file or copy, unless it was
        written at another time: some programs give all their messages the same one.
        """
        dates = {post_id: post.date for post_id, post in known.items()}
        new: list[NewPost] = []
        for message in messages:
            post_id = self._post_id(message.message_id)
            is_repeated = message.is_dated and dates.get(post_id, message.date) != message.date
            if is_repeated:
                post_id = self._repeated_id(message)
            if post_id in dates:
                findings.note(Finding.ALREADY_THERE)
                continue
            if is_repeated:
                findings.note(Finding.REPEATED_ID)
            dates[post_id] = message.date
            new.append(self._post(post_id, message))
        return new

    def _post(self, post_id: str, message: ParsedMessage) -> NewPost:
        return NewPost(
            post_id=post_id,
            topic_id="",
            user_id=self._author(message),
            answers=tuple(map(self._post_id, message.answers)),
            subject=safe_line(self.anonymizer.redact(message.subject)),
            date=message.date,
            body=self.anonymizer.redact(message.body),
            header=message.header if self.anonymizer.keeps_headers else "",
            has_attachments=message.has_attachments,
        )

    def _author(self, message: ParsedMessage) -> str:
        if message.sender is None:
            return ""
        person = self.anonymizer.pseudonym_for(message.sender)
        if person.user_id not in self.authors:
            author = NewMember(person.user_id, person.name, person.address, message.date)
            self.authors[person.user_id] = author
        return person.user_id

    def _post_id(self, message_id: str) -> str:
        if message_id not in self._ids:
            key = self.key
            self._ids[message_id] = identifier_of(key.site_id, key.group_id, message_id)
        return self._ids[message_id]

    def _repeated_id(self, message: ParsedMessage) -> str:
        # The ID of a message that has the Message-ID of another one.
        key, date = self.key, message.date.isoformat()
        return identifier_of(key.site_id, key.group_id, message.message_id, date)


#: How long after the last post a topic is continued by its subject alone. People who answer do
#: so within weeks; subjects that come again ("Minutes", "Call for papers") do so within a year.
CONTINUED: Final = timedelta(days=183)
# Clocks differ, and a reply may lie in the archive before what it answers.
_ASKEW: Final = timedelta(days=1)


def assign_topics(
    connection: Connection,
    key: GroupKey,
    tag: str,
    posts: Collection[NewPost],
    known: Mapping[str, KnownPost],
) -> tuple[list[NewPost], list[NewTopic]]:
    """Return the *posts* with their topics, and the topics that are new.

    *known* are the posts in the database that the posts answer. *tag* is what the list adds to
    subjects.
    """
    threading = Threading(tag, {post_id: post.topic_id for post_id, post in known.items()})
    threading.look_up(connection, key, posts)
    threaded = [threading.assign(post) for post in posts]
    return threaded, threading.new


@dataclass(slots=True)
class Threading:
    """The topics of a group, as far as the posts of one batch may belong to them."""

    tag: str
    _of_post: dict[str, str]
    new: list[NewTopic] = field(default_factory=list)
    _of_answer: dict[str, str] = field(default_factory=dict)
    _by_title: defaultdict[str, list[TopicTitle]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _by_id: dict[str, TopicTitle] = field(default_factory=dict)

    def look_up(self, connection: Connection, key: GroupKey, posts: Collection[NewPost]) -> None:
        """Read the topics from the database that *posts* may belong to."""
        self._of_answer = find_topics_of_answers(connection, [post.post_id for post in posts])
        replies: dict[str, list[datetime]] = {}
        for post in posts:
            title, continues = self._title(post)
            if continues:
                replies.setdefault(title, []).append(post.date)
        if replies:
            dates = [date for some in replies.values() for date in some]
            span = TimeSpan(min(dates) - CONTINUED, max(dates) + CONTINUED)
            for topic in find_titled_topics(connection, key, replies.keys(), span):
                self._add(topic)

    def assign(self, post: NewPost) -> NewPost:
        """Return *post* with its topic, which is new where it has none."""
        title, continues = self._title(post)
        topic_id = self._find(post, title, continues=continues)
        if topic_id is None:
            topic_id = identifier_of("topic", post.post_id)
            self.new.append(NewTopic(topic_id, title, post.post_id, post.date))
        self._of_post[post.post_id] = topic_id
        for answered in post.answers[:1]:
            self._of_answer.setdefault(answered, topic_id)
        topic = self._by_id.get(topic_id)
        if topic is None:
            self._add(TopicTitle(topic_id, title, post.date, post.date))
        else:
            topic.began = min(topic.began, post.date)
            topic.latest = max(topic.latest, post.date)
        return replace(post, topic_id=topic_id)

    def _find(self, post: NewPost, title: str, *, continues: bool) -> str | None:
        # First the topic of the nearest of the posts that it answers; then that of a post that
        # answers it, where the archive has the answer first; then, for a reply alone, the one of
        # the same subject that began last, if it is recent: two messages that are no replies may
        # well have the same subject.
        for answered in post.answers:
            if answered in self._of_post:
                return self._of_post[answered]
        topic_id = self._of_answer.get(post.post_id)
        if topic_id is not None or not continues:
            return topic_id
        recent = [
            topic
            for topic in self._by_title[title]
            if topic.began <= post.date + _ASKEW and topic.latest >= post.date - CONTINUED
        ]
        last = max(recent, key=lambda topic: (topic.began, topic.topic_id), default=None)
        return None if last is None else last.topic_id

    def _title(self, post: NewPost) -> tuple[str, bool]:
        # The title, and whether a topic of this title may be continued.
        title, is_reply = strip_prefixes(post.subject, self.tag)
        return title or NO_SUBJECT, bool(title) and is_reply

    def _add(self, topic: TopicTitle) -> None:
        self._by_title[topic.title].append(topic)
        self._by_id[topic.topic_id] = topic

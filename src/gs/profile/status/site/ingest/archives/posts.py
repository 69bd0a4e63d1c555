# SPDX-License-Identifier: MIT
"""Turns messages into posts: their IDs, which of them are new, and their topics."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gs.profile.status.site.ingest.identifiers import identifier_of
from gs.profile.status.site.store.archive import (
    Posted,
    TopicTitle,
    find_titled_topics,
    find_topics_of_answers,
)
from gs.profile.status.site.store.database import Connection
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.posts import Span
from gs.profile.status.site.subjects import NO_SUBJECT, strip_prefixes
from gs.profile.status.site.text import one_line

from .findings import Finding, Findings
from .message import ParsedMessage
from .pseudonyms import Anonymizer, Pseudonym

_AT_A_TIME: Final = 500
_CHARACTERS_AT_A_TIME: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class IdentifiedMessage:
    """A message with its ID, and those of the posts that it may answer.

    The *other_id* is for a message that has the Message-ID of another one. The date of one that
    is not *dated* is that of the message before.
    """

    post_id: str
    other_id: str
    answers: tuple[str, ...]
    date: datetime
    dated: bool
    mail: ParsedMessage

    @property
    def ids(self) -> tuple[str, ...]:
        """All the IDs that are to be looked up."""
        return (self.post_id, self.other_id, *self.answers)


@dataclass(slots=True)
class PostIds:
    """The naming of one group's messages, in their order."""

    key: GroupKey
    _latest: datetime = field(default=datetime(1970, 1, 1, tzinfo=UTC))

    def name(self, mail: ParsedMessage) -> IdentifiedMessage:
        """Return *mail* with its IDs."""
        self._latest = mail.date or self._latest
        return IdentifiedMessage(
            post_id=self._post_id(mail.message_id),
            other_id=self._post_id(mail.message_id, self._latest.isoformat()),
            answers=tuple(map(self._post_id, mail.answers)),
            date=self._latest,
            dated=mail.date is not None,
            mail=mail,
        )

    def _post_id(self, message_id: str, *more: str) -> str:
        return identifier_of(self.key.site_id, self.key.group_id, message_id, *more)


def in_batches(messages: Iterable[IdentifiedMessage]) -> Iterator[list[IdentifiedMessage]]:
    """Yield the messages in lists that neither take long to write nor much room to hold."""
    batch: list[IdentifiedMessage] = []
    characters = 0
    for named in messages:
        batch.append(named)
        characters += len(named.mail.body) + len(named.mail.header)
        if len(batch) == _AT_A_TIME or characters > _CHARACTERS_AT_A_TIME:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def find_new(
    messages: Sequence[IdentifiedMessage], there: Mapping[str, Posted], findings: Findings
) -> dict[str, IdentifiedMessage]:
    """Return the messages that are no posts yet, by the IDs that they will have.

    A Message-ID that comes again is the same message in another file or copy, unless it was
    written at another time: some mailers give all that they send the same one.
    """
    dates = {post_id: posted.date for post_id, posted in there.items()}
    new: dict[str, IdentifiedMessage] = {}
    for named in messages:
        post_id = named.post_id
        if post_id in dates and named.dated and dates[post_id] != named.date:
            post_id = named.other_id
        if post_id in dates:
            findings.note(Finding.ALREADY_THERE)
            continue
        if post_id != named.post_id:
            findings.note(Finding.REPEATED_ID)
        dates[post_id] = named.date
        new[post_id] = named
    return new


@dataclass(frozen=True, slots=True)
class PendingPost:
    """A post without its topic: the *answers* are the IDs of those that it may answer."""

    post_id: str
    answers: tuple[str, ...]
    title: str
    reply: bool
    date: datetime
    guise: Pseudonym | None
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PostBuilder:
    """The drafting of one group's posts; *tag* is what the subjects of its mails begin with."""

    key: GroupKey
    tag: str
    wardrobe: Anonymizer

    def draft(self, post_id: str, named: IdentifiedMessage) -> PendingPost:
        """Return what the message says, with no more of people than the wardrobe allows."""
        mail = named.mail
        subject = one_line(self.wardrobe.cover(mail.subject))
        title, reply = strip_prefixes(subject, self.tag)
        row = {
            "post_id": post_id,
            "site_id": self.key.site_id,
            "group_id": self.key.group_id,
            "in_reply_to": named.answers[0] if named.answers else "",
            "subject": subject,
            "date": named.date,
            "body": self.wardrobe.cover(mail.body),
            "header": mail.header if self.wardrobe.keeps_headers else "",
            "has_attachments": mail.attachments,
        }
        guise = None if mail.sender is None else self.wardrobe.dress(mail.sender)
        return PendingPost(post_id, named.answers, title, reply, named.date, guise, row)


#: How long after the last post a topic is continued by its subject alone. People who answer do
#: so within weeks; subjects that come again ("Minutes", "Call for papers") do so within a year.
CONTINUED: Final = timedelta(days=183)
# Clocks differ, and a reply may lie in the archive before what it answers.
_ASKEW: Final = timedelta(days=1)


class Threading:
    """The topics of a group, as far as some messages may belong to them."""

    def __init__(self, topics: Mapping[str, str]) -> None:
        self._of_post = dict(topics)
        self._of_answer: dict[str, str] = {}
        self._titled: defaultdict[str, list[TopicTitle]] = defaultdict(list)
        self._by_id: dict[str, TopicTitle] = {}

    def load(self, connection: Connection, key: GroupKey, drafts: Collection[PendingPost]) -> None:
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

    def find(self, draft: PendingPost) -> str | None:
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

    def put(self, draft: PendingPost, topic_id: str) -> None:
        """Hear that the message is a post of that topic now."""
        self._of_post[draft.post_id] = topic_id
        for answered in draft.answers[:1]:
            self._of_answer.setdefault(answered, topic_id)
        titled = self._by_id.get(topic_id)
        if titled is None:
            self._know(TopicTitle(topic_id, draft.title, draft.date, draft.date))
        else:
            titled.began = min(titled.began, draft.date)
            titled.latest = max(titled.latest, draft.date)

    def _know(self, titled: TopicTitle) -> None:
        self._titled[titled.title].append(titled)
        self._by_id[titled.topic_id] = titled

    def _continued(self, draft: PendingPost) -> str | None:
        recent = [
            titled
            for titled in self._titled[draft.title]
            if titled.began <= draft.date + _ASKEW and titled.latest >= draft.date - CONTINUED
        ]
        last = max(recent, key=lambda titled: (titled.began, titled.topic_id), default=None)
        return None if last is None else last.topic_id


def _continues(draft: PendingPost) -> bool:
    return draft.reply and draft.title != NO_SUBJECT

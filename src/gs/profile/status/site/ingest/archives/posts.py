# SPDX-License-Identifier: MIT
"""Turns messages into new posts: their IDs, which of them are new, and who wrote them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gs.profile.status.site.ingest.identifiers import identifier_of
from gs.profile.status.site.store.archive import KnownPost, NewMember, NewPost
from gs.profile.status.site.store.groups import GroupKey
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

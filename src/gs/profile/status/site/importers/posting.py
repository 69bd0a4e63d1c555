# SPDX-License-Identifier: MIT
"""Posts the messages of an archive to their group: rows for posts, topics and people."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from gs.profile.status.site.identifiers import identifier_of
from gs.profile.status.site.plaintext import one_line
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.intake import (
    add,
    add_missing,
    add_missing_address,
    find_topics,
    refresh_topics,
)

from .disguise import Guise, Wardrobe
from .findings import Finding, Findings
from .mail import Mail
from .subjects import strip_prefixes
from .threads import find_topic


@dataclass(slots=True)
class Posting:
    """The posting of one group's archive; *tag* is what its subjects begin with."""

    key: GroupKey
    tag: str
    wardrobe: Wardrobe
    findings: Findings
    # For a message that has no date at all.
    _latest: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    _members: set[str] = field(default_factory=set)

    def post(self, connection: Connection, numbered: Sequence[tuple[Mail, int]]) -> None:
        """Post messages that are not there yet; each number tells those of one ID apart."""
        post_ids = [self._post_id(mail.message_id, number) for mail, number in numbered]
        there = find_topics(connection, post_ids)
        topic_ids = set()
        for post_id, (mail, _) in zip(post_ids, numbered, strict=True):
            if post_id in there:
                self.findings.note(Finding.ALREADY_THERE)
            else:
                topic_ids.add(self._post_one(connection, post_id, mail))
        refresh_topics(connection, topic_ids)

    def _post_one(self, connection: Connection, post_id: str, mail: Mail) -> str:
        self._latest = mail.date or self._latest
        answers = tuple(self._post_id(answered) for answered in mail.answers)
        subject = one_line(self.wardrobe.cover(mail.subject))
        row = {
            "post_id": post_id,
            "site_id": self.key.site_id,
            "group_id": self.key.group_id,
            "user_id": self._member(connection, mail),
            "in_reply_to": answers[0] if answers else "",
            "subject": subject,
            "date": self._latest,
            "body": self.wardrobe.cover(mail.body),
            "header": mail.header if self.wardrobe.keeps_headers else "",
            "has_attachments": mail.attachments,
        }
        title, reply = strip_prefixes(subject, self.tag)
        topic_id = find_topic(connection, self.key, post_id, answers, title if reply else None)
        if topic_id is None:
            topic_id = self._open_topic(connection, row, title)
        add(connection, tables.POST, [{**row, "topic_id": topic_id}])
        return topic_id

    def _open_topic(self, connection: Connection, row: dict[str, Any], title: str) -> str:
        topic = {
            "topic_id": identifier_of("topic", row["post_id"]),
            "site_id": self.key.site_id,
            "group_id": self.key.group_id,
            "original_subject": title,
            "first_post_id": row["post_id"],
            "last_post_id": row["post_id"],
            "last_post_date": row["date"],
            "num_posts": 1,
        }
        add(connection, tables.TOPIC, [topic])
        return str(topic["topic_id"])

    def _member(self, connection: Connection, mail: Mail) -> str:
        if mail.sender is None:
            return ""
        guise = self.wardrobe.dress(mail.sender)
        if guise.user_id not in self._members:
            self._join(connection, guise)
            self._members.add(guise.user_id)
        return guise.user_id

    def _join(self, connection: Connection, guise: Guise) -> None:
        person = {
            "user_id": guise.user_id,
            "name": guise.name,
            "logged_in": True,  # an archive does not know; nobody is sent to reset a password
        }
        add_missing(connection, tables.PERSON, person)
        for group_id in ("", self.key.group_id):
            place = {"site_id": self.key.site_id, "group_id": group_id}
            add_missing(connection, tables.MEMBERSHIP, {"user_id": guise.user_id, **place})
        if guise.address:
            email = {
                "user_id": guise.user_id,
                "email": guise.address,
                "is_preferred": True,
                # Whoever wrote to the list from an address can be reached there.
                "verified_date": self._latest,
            }
            add_missing_address(connection, email)

    def _post_id(self, message_id: str, number: int = 1) -> str:
        copy = () if number == 1 else (str(number),)
        return identifier_of(self.key.site_id, self.key.group_id, message_id, *copy)

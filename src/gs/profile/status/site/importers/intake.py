# SPDX-License-Identifier: MIT
"""Takes archives in: each becomes a group, its messages posts, its senders members."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final

from sqlalchemy import Connection, Engine

from gs.profile.status.site.plaintext import one_line
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.intake import add_missing

from .archive import Archive
from .disguise import Wardrobe
from .findings import Finding, Findings
from .headers import parse_header
from .mail import Mail, read_mail, sender_of
from .mbox import RawMessage
from .posting import Posting

_AT_A_TIME: Final = 500


class Intake:
    """Takes archives in to one site, so many messages to a transaction.

    Taking an archive in again adds what is new in it. *host* is the domain of the addresses
    of the groups.
    """

    def __init__(self, engine: Engine, site_id: str, host: str, wardrobe: Wardrobe) -> None:
        self._engine = engine
        self._site_id = site_id
        self._host = host
        self._wardrobe = wardrobe

    def learn(self, archive: Archive) -> None:
        """Hear of all who sent something, before they are named in a text."""
        for messages in archive.messages():
            for raw in messages:
                sender = sender_of(parse_header(raw.content), raw, Findings())
                if sender is not None:
                    self._wardrobe.learn(sender)

    def take(self, archive: Archive) -> Findings:
        """Take in one archive, and return what was found."""
        findings = Findings()
        key = GroupKey(self._site_id, archive.group_id)
        with self._engine.begin() as connection:
            self._found(connection, archive)
        posting = Posting(key, archive.tag, self._wardrobe, findings)
        for messages in archive.messages():
            numbered = _numbered(messages, findings)
            while batch := list(islice(numbered, _AT_A_TIME)):
                with self._engine.begin() as connection:
                    posting.post(connection, batch)
        return findings

    def _found(self, connection: Connection, archive: Archive) -> None:
        group = {
            "site_id": self._site_id,
            "group_id": archive.group_id,
            "title": one_line(archive.title),
            "privacy": "public",
            "email": f"{archive.group_id}@{self._host}",
        }
        add_missing(connection, tables.GROUP, group)


def _numbered(messages: Iterator[RawMessage], findings: Findings) -> Iterator[tuple[Mail, int]]:
    # Some archives have a message twice. Within a file both are kept, for a reader of the archive
    # sees two; a message that comes in another file too, or again, is the same one.
    seen: Counter[str] = Counter()
    for raw in messages:
        mail = read_mail(raw, findings)
        seen[mail.message_id] += 1
        if seen[mail.message_id] > 1:
            findings.note(Finding.REPEATED_ID)
        yield mail, seen[mail.message_id]

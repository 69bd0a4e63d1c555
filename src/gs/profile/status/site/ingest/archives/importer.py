# SPDX-License-Identifier: MIT
"""Takes archives in: each becomes a group, its messages posts, its senders members."""

from collections.abc import Iterator

from sqlalchemy import Engine

from gs.profile.status.site.plaintext import one_line
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.archive import add_missing, find_posts
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.sites import SiteData

from .drafts import Drafting
from .files import Archive
from .findings import Finding, Findings
from .joining import Joining
from .message import read_mail, sender_of
from .posting import Posting
from .posts import Named, Naming, find_new, in_batches
from .pseudonyms import Wardrobe
from .senders import Sender


class Intake:
    """Takes archives in to one site, so many messages to a transaction.

    Taking an archive in again adds what is new in it.
    """

    def __init__(self, engine: Engine, site: SiteData, wardrobe: Wardrobe) -> None:
        self._engine = engine
        self._site = site
        self._wardrobe = wardrobe

    def learn(self, archive: Archive) -> None:
        """Hear of all who sent something, before they are named in a text."""
        for messages in archive.messages():
            for raw in messages:
                sender = sender_of(raw)
                if sender is not None:
                    self._wardrobe.learn(sender)

    def take(self, archive: Archive) -> Findings:
        """Take in one archive, and return what was found."""
        findings = Findings()
        key = GroupKey(self._site.site_id, archive.group_id)
        self._found(archive)
        posting = Posting(key, Joining(key))
        drafting = Drafting(key, archive.tag, self._wardrobe)
        for batch in in_batches(self._named(archive, Naming(key), findings)):
            ids = {one for named in batch for one in named.ids}
            with self._engine.connect() as connection:
                there = find_posts(connection, ids)
            new = find_new(batch, there, findings)
            # What takes time is done before a transaction begins: others wait for its end.
            drafts = [drafting.draft(post_id, named) for post_id, named in new.items()]
            if drafts:
                with self._engine.begin() as connection:
                    posting.post(connection, drafts, there)
        return findings

    def _found(self, archive: Archive) -> None:
        group = {
            "site_id": self._site.site_id,
            "group_id": archive.group_id,
            "title": one_line(archive.title),
            "privacy": "public",
            "email": self._site.address_of(archive.group_id),
        }
        with self._engine.begin() as connection:
            add_missing(connection, tables.GROUP, group)

    def _named(self, archive: Archive, naming: Naming, findings: Findings) -> Iterator[Named]:
        unreachable: set[str] = set()
        for messages in archive.messages():
            for raw in messages:
                mail = read_mail(raw, findings)
                sender = mail.sender
                if sender and sender.key not in unreachable and self._is_unreachable(sender):
                    unreachable.add(sender.key)
                    findings.note(Finding.UNREACHABLE)
                yield naming.name(mail)

    def _is_unreachable(self, sender: Sender) -> bool:
        # Behind a disguise everybody has an address.
        return not (sender.address or self._wardrobe.dress(sender).address)

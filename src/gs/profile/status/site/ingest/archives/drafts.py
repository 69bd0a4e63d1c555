# SPDX-License-Identifier: MIT
"""Makes messages into posts that only lack a topic."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gs.profile.status.site.plaintext import one_line
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.subjects import strip_prefixes

from .posts import Named
from .pseudonyms import Guise, Wardrobe


@dataclass(frozen=True, slots=True)
class Draft:
    """A post without its topic: the *answers* are the IDs of those that it may answer."""

    post_id: str
    answers: tuple[str, ...]
    title: str
    reply: bool
    date: datetime
    guise: Guise | None
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drafting:
    """The drafting of one group's posts; *tag* is what the subjects of its mails begin with."""

    key: GroupKey
    tag: str
    wardrobe: Wardrobe

    def draft(self, post_id: str, named: Named) -> Draft:
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
        return Draft(post_id, named.answers, title, reply, named.date, guise, row)

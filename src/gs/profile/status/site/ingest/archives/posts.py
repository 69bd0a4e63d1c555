# SPDX-License-Identifier: MIT
"""Gives the messages of an archive the IDs of posts, and tells which are there already."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from gs.profile.status.site.ingest.identifiers import identifier_of
from gs.profile.status.site.store.archive import Posted
from gs.profile.status.site.store.groups import GroupKey

from .findings import Finding, Findings
from .message import Mail

_AT_A_TIME: Final = 500
_CHARACTERS_AT_A_TIME: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Named:
    """A message with its ID, and those of the posts that it may answer.

    The *other_id* is for a message that has the Message-ID of another one. The date of one that
    is not *dated* is that of the message before.
    """

    post_id: str
    other_id: str
    answers: tuple[str, ...]
    date: datetime
    dated: bool
    mail: Mail

    @property
    def ids(self) -> tuple[str, ...]:
        """All the IDs that are to be looked up."""
        return (self.post_id, self.other_id, *self.answers)


@dataclass(slots=True)
class Naming:
    """The naming of one group's messages, in their order."""

    key: GroupKey
    _latest: datetime = field(default=datetime(1970, 1, 1, tzinfo=UTC))

    def name(self, mail: Mail) -> Named:
        """Return *mail* with its IDs."""
        self._latest = mail.date or self._latest
        return Named(
            post_id=self._post_id(mail.message_id),
            other_id=self._post_id(mail.message_id, self._latest.isoformat()),
            answers=tuple(map(self._post_id, mail.answers)),
            date=self._latest,
            dated=mail.date is not None,
            mail=mail,
        )

    def _post_id(self, message_id: str, *more: str) -> str:
        return identifier_of(self.key.site_id, self.key.group_id, message_id, *more)


def in_batches(messages: Iterable[Named]) -> Iterator[list[Named]]:
    """Yield the messages in lists that neither take long to write nor much room to hold."""
    batch: list[Named] = []
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
    messages: Sequence[Named], there: Mapping[str, Posted], findings: Findings
) -> dict[str, Named]:
    """Return the messages that are no posts yet, by the IDs that they will have.

    A Message-ID that comes again is the same message in another file or copy, unless it was
    written at another time: some mailers give all that they send the same one.
    """
    dates = {post_id: posted.date for post_id, posted in there.items()}
    new: dict[str, Named] = {}
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

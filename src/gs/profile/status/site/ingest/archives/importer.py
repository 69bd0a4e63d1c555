# SPDX-License-Identifier: MIT
"""Imports archives: each becomes a group, its messages posts, its senders members."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any, Final

from gs.profile.status.hooks import Period
from gs.profile.status.site.ingest.identifiers import identifier_of
from gs.profile.status.site.instance.create import Description, choose_site, update_site
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.archive import (
    Posted,
    add,
    add_missing,
    find_members_there,
    find_owners,
    find_people_there,
    find_posts,
    refresh_topics,
)
from gs.profile.status.site.store.database import Connection, Engine
from gs.profile.status.site.store.groups import GroupKey, SiteData, find_sites
from gs.profile.status.site.store.members import fold
from gs.profile.status.site.store.options import (
    INVENTED,
    KEPT,
    Option,
    ensure_identity_mode,
    read_option,
    write_option,
)
from gs.profile.status.site.store.posts import count_by_month
from gs.profile.status.site.text import one_line

from .files import Archive
from .findings import Finding, Findings
from .message import Sender, read_message, sender_of
from .posts import (
    IdentifiedMessage,
    PendingPost,
    PostBuilder,
    PostIds,
    Threading,
    find_new,
    in_batches,
)
from .pseudonyms import Anonymizer, KeepIdentities, Pseudonymizer

_MOST_KNOWN: Final = 20_000


@dataclass(slots=True)
class MemberJoiner:
    """The joining of one group; who has joined is not looked up again."""

    key: GroupKey
    _known: dict[str, str] = field(default_factory=dict)

    def join(self, connection: Connection, drafts: Collection[PendingPost]) -> dict[str, str]:
        """Make the senders members, and return the ID of each on the site, by that of the guise.

        An address that is there belongs to its person, who keeps name and settings.
        """
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        new: dict[str, PendingPost] = {}
        for draft in drafts:
            if draft.guise is not None and draft.guise.user_id not in self._known:
                new.setdefault(draft.guise.user_id, draft)
        if new:
            self._join(connection, new)
        return self._known

    def _join(self, connection: Connection, new: dict[str, PendingPost]) -> None:
        guises = [draft.guise for draft in new.values() if draft.guise is not None]
        owners = find_owners(connection, {one.address for one in guises if one.address})
        ids = {one.user_id: owners.get(fold(one.address), one.user_id) for one in guises}
        there = find_people_there(connection, set(ids.values()))
        people = {
            ids[one.user_id]: _person(ids[one.user_id], one.name)
            for one in reversed(guises)
            if ids[one.user_id] not in there
        }
        add(connection, tables.PERSON, list(people.values()))
        self._add_places(connection, set(ids.values()))
        emails = {
            fold(one.address): _email(ids[one.user_id], one.address, new[one.user_id])
            for one in reversed(guises)
            if one.address and fold(one.address) not in owners
        }
        add(connection, tables.USER_EMAIL, list(emails.values()))
        self._known |= ids

    def _add_places(self, connection: Connection, user_ids: set[str]) -> None:
        there = find_members_there(connection, self.key.site_id, user_ids)
        rows = [
            {"user_id": user_id, "site_id": self.key.site_id, "group_id": group_id}
            for user_id in sorted(user_ids)
            for group_id in ("", self.key.group_id)
            if (user_id, group_id) not in there
        ]
        add(connection, tables.MEMBERSHIP, rows)


def _person(user_id: str, name: str) -> dict[str, Any]:
    # An archive does not know who has logged in; nobody is sent to reset a password.
    return {"user_id": user_id, "name": name, "logged_in": True}


def _email(user_id: str, address: str, draft: PendingPost) -> dict[str, Any]:
    # Whoever wrote to the list from an address can be reached there.
    row = {"user_id": user_id, "email": address, "is_preferred": True}
    return {**row, "verified_date": draft.date}


@dataclass(frozen=True, slots=True)
class PostWriter:
    """The posting of one group's archive."""

    key: GroupKey
    joining: MemberJoiner

    def post(
        self, connection: Connection, drafts: Sequence[PendingPost], there: Mapping[str, Posted]
    ) -> None:
        """Post the *drafts*, of which none is there; *there* has the posts that they answer."""
        threads = Threading({post_id: posted.topic_id for post_id, posted in there.items()})
        threads.load(connection, self.key, drafts)
        authors = self.joining.join(connection, drafts)
        topics: list[dict[str, Any]] = []
        posts: list[dict[str, Any]] = []
        for draft in drafts:
            topic_id = threads.find(draft)
            if topic_id is None:
                topics.append(self._topic(draft))
                topic_id = topics[-1]["topic_id"]
            threads.put(draft, topic_id)
            author = "" if draft.guise is None else authors[draft.guise.user_id]
            posts.append({**draft.row, "topic_id": topic_id, "user_id": author})
        add(connection, tables.TOPIC, topics)
        add(connection, tables.POST, posts)
        refresh_topics(connection, {post["topic_id"] for post in posts})

    def _topic(self, draft: PendingPost) -> dict[str, Any]:
        return {
            "topic_id": identifier_of("topic", draft.post_id),
            "site_id": self.key.site_id,
            "group_id": self.key.group_id,
            "original_subject": draft.title,
            "first_post_id": draft.post_id,
            "last_post_id": draft.post_id,
            "last_post_date": draft.date,
            "num_posts": 1,
        }


class ArchiveImporter:
    """Takes archives in to one site, so many messages to a transaction.

    Taking an archive in again adds what is new in it.
    """

    def __init__(self, engine: Engine, site: SiteData, wardrobe: Anonymizer) -> None:
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
        posting = PostWriter(key, MemberJoiner(key))
        drafting = PostBuilder(key, archive.tag, self._wardrobe)
        for batch in in_batches(self._named(archive, PostIds(key), findings)):
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

    def _named(
        self, archive: Archive, naming: PostIds, findings: Findings
    ) -> Iterator[IdentifiedMessage]:
        unreachable: set[str] = set()
        for messages in archive.messages():
            for raw in messages:
                mail = read_message(raw, findings)
                sender = mail.sender
                if sender and sender.key not in unreachable and self._is_unreachable(sender):
                    unreachable.add(sender.key)
                    findings.note(Finding.UNREACHABLE)
                yield naming.name(mail)

    def _is_unreachable(self, sender: Sender) -> bool:
        # Behind a disguise everybody has an address.
        return not (sender.address or self._wardrobe.dress(sender).address)


def last_active_month(months: dict[Period, int], this: Period) -> Period | None:
    """Return the latest month with at least half of the posts that a month usually has.

    *months* has the number of posts of each; usual is the median of the twelve months up to the
    newest. ``None`` where people still post: the month before *this* one, or this one, has posts.
    What is later than this month was dated by a clock that is wrong, and does not count.
    """
    newest = max((month for month in months if month <= this), default=None)
    if newest is None or newest >= this.before():
        return None
    year = [newest]
    while len(year) < 12:  # noqa: PLR2004 - months
        year.append(year[-1].before())
    usual = median(months.get(month, 0) for month in year)
    return next(month for month in year if months.get(month, 0) >= max(1, usual / 2))


def find_site(engine: Engine, title: str, site_id: str | None = None) -> SiteData:
    """Return the site of that ID, or the only one; where there is none, a new one of that *title*.

    Raises :exc:`~.describing.WhichSiteError`.
    """
    with engine.begin() as connection:
        if site_id is None and not find_sites(connection):
            return update_site(connection, Description(title=title))
        return choose_site(connection, site_id)


def import_archives(
    engine: Engine,
    site: SiteData,
    archives: list[Archive],
    tell: Callable[[Archive, Findings], None],
    *,
    keep_addresses: bool,
) -> None:
    """Take *archives* in to the *site*; *tell* hears of each one that has been taken.

    Raises :exc:`~.mixing.IdentityModeError`.
    """
    with engine.begin() as connection:
        ensure_identity_mode(connection, KEPT if keep_addresses else INVENTED)
        wardrobe = _wardrobe(connection, keep_addresses=keep_addresses)
    intake = ArchiveImporter(engine, site, wardrobe)
    if not keep_addresses:
        for archive in archives:
            intake.learn(archive)
    for archive in archives:
        tell(archive, intake.take(archive))


def fix_period(engine: Engine, now: datetime) -> Period | None:
    """Fix the month that a site of archives reports on, where nobody posts any more; return it."""
    with engine.begin() as connection:
        period = last_active_month(count_by_month(connection), Period.of(now.date()))
        write_option(connection, Option.PERIOD, None if period is None else str(period))
    return period


def _wardrobe(connection: Connection, *, keep_addresses: bool) -> Anonymizer:
    salt = bytes.fromhex(read_option(connection, Option.SALT) or "")
    return KeepIdentities(salt) if keep_addresses else Pseudonymizer(salt)

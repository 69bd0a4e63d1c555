# SPDX-License-Identifier: MIT
"""Imports archives: each becomes a group, its messages posts, its senders members."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median
from typing import Final

from gs.profile.status.hooks import Period
from gs.profile.status.site.instance.create import Description, choose_site, update_site
from gs.profile.status.site.store.archive import (
    NewMember,
    add_members,
    add_posts,
    add_topics,
    ensure_group,
    find_known_posts,
)
from gs.profile.status.site.store.database import Connection, Engine
from gs.profile.status.site.store.groups import GroupKey, SiteData, find_sites
from gs.profile.status.site.store.options import (
    IdentityMode,
    Option,
    ensure_identity_mode,
    read_option,
    write_option,
)
from gs.profile.status.site.store.posts import count_by_month
from gs.profile.status.site.text import safe_line

from .files import Archive
from .findings import Finding, Findings
from .message import ParsedMessage, read_message, sender_of
from .posts import PostBuilder, assign_topics, in_batches
from .pseudonyms import Anonymizer, KeepIdentities, Pseudonymizer
from .senders import Sender


def find_site(engine: Engine, title: str, site_id: str | None = None) -> SiteData:
    """Return the site of that ID, or the only one; where there is none, a new one of that *title*.

    Raises :exc:`~gs.profile.status.site.instance.create.WhichSiteError`.
    """
    with engine.begin() as connection:
        if site_id is None and not find_sites(connection):
            return update_site(connection, Description(title=title))
        return choose_site(connection, site_id)


def import_archives(
    engine: Engine,
    site: SiteData,
    archives: list[Archive],
    report: Callable[[Archive, Findings], None],
    *,
    keep_addresses: bool,
) -> None:
    """Import *archives* into the *site*, and call *report* after each of them.

    Raises :exc:`~gs.profile.status.site.store.options.IdentityModeError`.
    """
    with engine.begin() as connection:
        mode = IdentityMode.KEPT if keep_addresses else IdentityMode.INVENTED
        ensure_identity_mode(connection, mode)
        anonymizer = _anonymizer(connection, keep_addresses=keep_addresses)
    importer = ArchiveImporter(engine, site, anonymizer)
    if not keep_addresses:
        for archive in archives:
            importer.register_senders(archive)
    for archive in archives:
        report(archive, importer.import_archive(archive))


def fix_period(engine: Engine, now: datetime) -> Period | None:
    """Fix the month that a site of archives reports on, where nobody posts any more; return it."""
    with engine.begin() as connection:
        period = last_active_month(count_by_month(connection), Period.of(now.date()))
        write_option(connection, Option.PERIOD, None if period is None else str(period))
    return period


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


class ArchiveImporter:
    """Imports archives into one site, with a bounded number of messages in a transaction.

    To import an archive again adds what is new in it.
    """

    def __init__(self, engine: Engine, site: SiteData, anonymizer: Anonymizer) -> None:
        self._engine = engine
        self._site = site
        self._anonymizer = anonymizer

    def register_senders(self, archive: Archive) -> None:
        """Register all senders of an archive, so that their names are replaced in all texts."""
        for messages in archive.messages():
            for raw in messages:
                sender = sender_of(raw)
                if sender is not None:
                    self._anonymizer.register(sender)

    def import_archive(self, archive: Archive) -> Findings:
        """Import one archive, and return what was found in it."""
        findings = Findings()
        key = GroupKey(self._site.site_id, archive.group_id)
        email = self._site.address_of(archive.group_id)
        with self._engine.begin() as connection:
            ensure_group(connection, key, safe_line(archive.title), email)
        members = _Members(key)
        for batch in in_batches(self._read(archive, findings)):
            builder = PostBuilder(key, self._anonymizer)
            with self._engine.connect() as connection:
                known = find_known_posts(connection, builder.ids_of(batch))
            # What takes time is done before a transaction begins: others wait for its end.
            posts = builder.build(batch, known, findings)
            if not posts:
                continue
            with self._engine.begin() as connection:
                posts, topics = assign_topics(connection, key, archive.tag, posts, known)
                ids = members.add(connection, builder.authors)
                add_topics(connection, key, topics)
                add_posts(
                    connection, key, [replace(one, user_id=ids[one.user_id]) for one in posts]
                )
        return findings

    def _read(self, archive: Archive, findings: Findings) -> Iterator[ParsedMessage]:
        unreachable: set[str] = set()
        previous = datetime.fromtimestamp(0, UTC)
        for messages in archive.messages():
            for raw in messages:
                message = read_message(raw, findings, previous)
                previous = message.date
                sender = message.sender
                if sender and sender.key not in unreachable and self._is_unreachable(sender):
                    unreachable.add(sender.key)
                    findings.note(Finding.UNREACHABLE)
                yield message

    def _is_unreachable(self, sender: Sender) -> bool:
        # Each pseudonym has an address.
        return not (sender.address or self._anonymizer.pseudonym_for(sender).address)


_MOST_KNOWN: Final = 20_000


class _Members:
    """The members of one group. Those who were added are not looked up again."""

    def __init__(self, key: GroupKey) -> None:
        self._key = key
        self._ids = {"": ""}

    def add(self, connection: Connection, authors: dict[str, NewMember]) -> dict[str, str]:
        """Add the *authors*, and return the ID that each has on the site; nobody's is empty."""
        if len(self._ids) > _MOST_KNOWN:
            self._ids = {"": ""}
        new = [one for user_id, one in authors.items() if user_id not in self._ids]
        if new:
            self._ids |= add_members(connection, self._key, new)
        return self._ids


def _anonymizer(connection: Connection, *, keep_addresses: bool) -> Anonymizer:
    salt = bytes.fromhex(read_option(connection, Option.SALT) or "")
    return KeepIdentities(salt) if keep_addresses else Pseudonymizer(salt)

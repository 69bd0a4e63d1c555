# SPDX-License-Identifier: MIT
"""Imports the people of a CSV file: all of them, or nobody where a line is wrong."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import BinaryIO, Final

from gs.profile.status.site.addresses import fold
from gs.profile.status.site.ingest.identifiers import identifier_of
from gs.profile.status.site.store.database import Connection, Engine
from gs.profile.status.site.store.groups import (
    GroupKey,
    SiteData,
    add_group,
    find_groups,
    find_sites,
)
from gs.profile.status.site.store.options import KEPT, Option, ensure_identity_mode, read_option
from gs.profile.status.site.store.roster import NamedPerson

from .batch import Batch
from .csvfile import RowErrors, read_rows, shown
from .entry import Entry, EntryReader

_SHOWN: Final = 10


@dataclass(slots=True)
class ImportCounts:
    """Counts of people, and of what they got; *groups* are those that were made."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    addresses: int = 0
    memberships: int = 0
    groups: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield what to tell about it."""
        yield f"{self.new:>9,}  people are new"
        yield f"{self.changed:>9,}  are changed"
        yield f"{self.unchanged:>9,}  are as they were"
        yield f"{self.addresses:>9,}  addresses are new"
        yield f"{self.memberships:>9,}  memberships are new"
        if self.groups:
            more = ", …" if len(self.groups) > _SHOWN else ""
            named = ", ".join(self.groups[:_SHOWN])
            yield f"{len(self.groups):>9,}  groups are new: {named}{more}"


class UnknownGroupError(Exception):
    """There is no such group or site; the message says what to do."""


class GroupLookup:
    """The sites and groups of the instance."""

    def __init__(self, connection: Connection, *, make_groups: bool) -> None:
        self._connection = connection
        self._make_groups = make_groups
        self._sites: dict[str, SiteData] = {one.site_id: one for one in find_sites(connection)}
        self._groups = find_groups(connection)
        self.made: list[str] = []

    def find(self, text: str) -> GroupKey:
        """Return the place that *text* means; raises :exc:`UnknownGroupError`."""
        site_id, slash, group_id = text.rpartition("/")
        if not slash:
            only = self.only_site()
            if only is None:
                raise UnknownGroupError(
                    f"{shown(text)}: there are several sites; write SITE/GROUP"
                )
            site_id = only.site_id
        if site_id not in self._sites:
            raise UnknownGroupError(f"{shown(text)}: there is no such site")
        key = GroupKey(site_id, group_id)
        if group_id and key not in self._groups:
            self._make(key, text)
        return key

    def only_site(self) -> GroupKey | None:
        """Return the site, where there is one alone."""
        sites = list(self._sites)
        return GroupKey(sites[0], "") if len(sites) == 1 else None

    def _make(self, key: GroupKey, text: str) -> None:
        if not self._make_groups:
            raise UnknownGroupError(
                f"{shown(text)}: there is no such group; make it with --make-groups"
            )
        email = self._sites[key.site_id].address_of(key.group_id)
        add_group(self._connection, key, key.group_id, email)
        self._groups.add(key)
        self.made.append(text)


# Rows: databases have a limit to the values of a query.
_AT_ONCE: Final = 1_000


class InvalidRowsError(Exception):
    """Lines of the file are wrong, so that nothing was written."""

    def __init__(self, faults: RowErrors) -> None:
        super().__init__(f"{faults.count} faults")
        self.faults = faults


@dataclass(slots=True)
class _Seen:
    # What an earlier row said of a person, and in which line.
    line: int
    name: str
    language: str
    timezone: str
    addressed: bool
    kind: str


class _ConflictError(Exception):
    """A row does not go with the database, or with an earlier row."""


def import_people(
    engine: Engine, stream: BinaryIO, now: datetime, *, make_groups: bool, dry_run: bool
) -> ImportCounts:
    """Take the people of a CSV file in, and return what was done; in a dry run it is undone.

    Raises :exc:`InvalidRowsError`, :exc:`.NotACsvError` and :exc:`.IdentityModeError`,
    and has done nothing then.
    """
    faults = RowErrors()
    with engine.connect() as connection, connection.begin() as transaction:
        ensure_identity_mode(connection, KEPT)
        taking = _Taking(connection, faults, now, make_groups=make_groups)
        reader = EntryReader(faults)
        entries = filter(None, map(reader.read, read_rows(stream, faults)))
        for batch in _batches(entries):
            taking.take(batch)
        tally = taking.tally()
        if dry_run or faults.count:
            transaction.rollback()
    if faults.count:
        raise InvalidRowsError(faults)
    return tally


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    entries = iter(entries)
    while batch := list(islice(entries, _AT_ONCE)):
        yield batch


class _Taking:
    def __init__(
        self, connection: Connection, faults: RowErrors, now: datetime, *, make_groups: bool
    ) -> None:
        self._connection = connection
        self._faults = faults
        self._now = now
        self._places = GroupLookup(connection, make_groups=make_groups)
        self._salt = bytes.fromhex(read_option(connection, Option.SALT) or "")
        self._seen: dict[str, _Seen] = {}
        self._tally = ImportCounts()

    def take(self, entries: Sequence[Entry]) -> None:
        ids = {entry.user_id for entry in entries if entry.user_id}
        emails = {email for entry in entries for email in entry.addresses}
        batch = Batch(self._connection, ids, emails)
        batch.read({self._id(batch, entry) for entry in entries})
        for entry in entries:
            try:
                self._take(batch, entry)
            except _ConflictError as error:
                self._faults.add(entry.line, str(error))
        batch.write(self._now)

    def tally(self) -> ImportCounts:
        tally = self._tally
        kinds = [seen.kind for seen in self._seen.values()]
        tally.new, tally.changed = kinds.count("new"), kinds.count("changed")
        tally.unchanged = len(kinds) - tally.new - tally.changed
        tally.groups = self._places.made
        return tally

    def _id(self, batch: Batch, entry: Entry) -> str:
        # An address belongs to its person; to nobody yet: to whom an archive would give it.
        if entry.user_id:
            return entry.user_id
        owners = batch.owners(entry.addresses)
        made = identifier_of(fold(entry.addresses[0]), key=self._salt)
        return next(iter(owners.values()), made)

    def _take(self, batch: Batch, entry: Entry) -> None:
        user_id = self._id(batch, entry)
        self._check_owners(batch, entry, user_id)
        places = self._find_places(entry)
        seen = self._settle_seen(entry, user_id)
        changed = self._take_person(batch, entry, user_id, seen)
        changed |= self._take_addresses(batch, entry, user_id, seen)
        changed |= self._take_places(batch, entry, user_id, places)
        if changed and not seen.kind:
            seen.kind = "changed"

    def _find_places(self, entry: Entry) -> list[GroupKey]:
        # Each that there is not is told, so that one look at the row is enough to mend it.
        found: list[GroupKey] = []
        for place in entry.places:
            try:
                found.append(self._places.find(place))
            except UnknownGroupError as error:
                self._faults.add(entry.line, str(error))
        return found

    def _check_owners(self, batch: Batch, entry: Entry, user_id: str) -> None:
        for email, owner in batch.owners(entry.addresses).items():
            if owner != user_id:
                raise _ConflictError(
                    f"{shown(email)} belongs to somebody else"
                    + (": to leave the ID empty means that person" if entry.user_id else "")
                )

    def _settle_seen(self, entry: Entry, user_id: str) -> _Seen:
        seen = self._seen.get(user_id)
        if seen is None:
            seen = _Seen(entry.line, "", "", "", addressed=False, kind="")
            self._seen[user_id] = seen
        for column in ("name", "language", "timezone"):
            said, before = getattr(entry, column), getattr(seen, column)
            if said and before and said != before:
                title = "time zone" if column == "timezone" else column
                raise _ConflictError(f"{title}: line {seen.line} has another one of this person")
            setattr(seen, column, before or said)
        return seen

    def _take_person(self, batch: Batch, entry: Entry, user_id: str, seen: _Seen) -> bool:
        person = batch.people.get(user_id)
        if person is not None:
            said = {"name": entry.name, "language": entry.language, "timezone": entry.timezone}
            return batch.rename(person, **said)
        name = entry.name or next(iter(entry.addresses), "").partition("@")[0]
        if not name:
            raise _ConflictError("name: there is nobody of this ID yet, so a name is needed")
        batch.add_person(
            NamedPerson(user_id, name, entry.language or "en", entry.timezone or "UTC")
        )
        seen.kind = "new"
        return True

    def _take_addresses(self, batch: Batch, entry: Entry, user_id: str, seen: _Seen) -> bool:
        changed = False
        for email in entry.addresses:
            verified = batch.verify(user_id, email)
            changed |= verified is not None
            self._tally.addresses += verified is True
        if entry.addresses and not seen.addressed:
            seen.addressed = True
            changed |= batch.prefer(user_id, entry.addresses[0])
        return changed

    def _take_places(
        self, batch: Batch, entry: Entry, user_id: str, places: Sequence[GroupKey]
    ) -> bool:
        site = self._places.only_site()
        roles = dict.fromkeys(places or ([site] if site else []), entry.role)
        for place in places:
            roles.setdefault(GroupKey(place.site_id, ""), "")
        changed = False
        for place, role in roles.items():
            joined = batch.join(user_id, place, role)
            changed |= joined is not None
            self._tally.memberships += joined is True
        return changed

# SPDX-License-Identifier: MIT
"""Imports the people of a CSV file: all of them, or nobody if a line is wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import BinaryIO, Final

from gs.profile.status.site.addresses import fold
from gs.profile.status.site.ingest.identifiers import identifier_of
from gs.profile.status.site.store.database import Connection, Engine
from gs.profile.status.site.store.groups import (
    GroupKey,
    NewGroup,
    add_groups,
    find_groups,
    find_sites,
)
from gs.profile.status.site.store.options import (
    IdentityMode,
    Option,
    ensure_identity_mode,
    read_option,
)
from gs.profile.status.site.store.people import PersonRow
from gs.profile.status.site.store.posts import chunks

from .batch import Changes, PeopleBatch
from .csvfile import RowErrors, shown
from .entry import Entry, read_entries

# Rows in a batch: a query can have only so many values.
_BATCH: Final = 1_000
# New groups that are named.
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """Counts of people, new addresses and new memberships, and the names of new *groups*."""

    new: int
    changed: int
    unchanged: int
    addresses: int
    memberships: int
    groups: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield the counts, a line for each."""
        yield f"{self.new:>9,}  people are new"
        yield f"{self.changed:>9,}  are changed"
        yield f"{self.unchanged:>9,}  are unchanged"
        yield f"{self.addresses:>9,}  addresses are new"
        yield f"{self.memberships:>9,}  memberships are new"
        if self.groups:
            more = ", …" if len(self.groups) > _SHOWN else ""
            named = ", ".join(self.groups[:_SHOWN])
            yield f"{len(self.groups):>9,}  groups are new: {named}{more}"


class InvalidRowsError(Exception):
    """Lines of the file are wrong, so nothing was written."""

    def __init__(self, errors: RowErrors) -> None:
        super().__init__(f"{errors.count} errors")
        self.errors = errors


def import_people(
    engine: Engine, stream: BinaryIO, now: datetime, *, make_groups: bool, dry_run: bool
) -> ImportCounts:
    """Import the people of a CSV file, and return the counts; a dry run is rolled back.

    Raises :exc:`InvalidRowsError`, :exc:`.NotACsvError` and :exc:`.IdentityModeError`; then
    nothing is written.
    """
    errors = RowErrors()
    with engine.connect() as connection, connection.begin() as transaction:
        ensure_identity_mode(connection, IdentityMode.KEPT)
        importer = _PeopleImporter(connection, errors, now, make_groups=make_groups)
        for entries in chunks(read_entries(stream, errors), _BATCH):
            importer.import_entries(entries)
        counts = importer.counts()
        if dry_run or errors.count:
            transaction.rollback()
    if errors.count:
        raise InvalidRowsError(errors)
    return counts


@dataclass(slots=True)
class _Known:
    """What the rows so far say of a person; *line* is the first of them."""

    line: int
    values: dict[str, str] = field(default_factory=dict)
    has_addresses: bool = False


class _ConflictError(Exception):
    """A row contradicts the database or an earlier row."""


class _PeopleImporter:
    def __init__(
        self, connection: Connection, errors: RowErrors, now: datetime, *, make_groups: bool
    ) -> None:
        self._connection = connection
        self._errors = errors
        self._now = now
        self._groups = GroupLookup(connection, make_groups=make_groups)
        self._salt = bytes.fromhex(read_option(connection, Option.SALT) or "")
        self._known: dict[str, _Known] = {}
        self._total = Changes()

    def import_entries(self, entries: Sequence[Entry]) -> None:
        ids = {entry.user_id for entry in entries if entry.user_id}
        emails = {email for entry in entries for email in entry.addresses}
        batch = PeopleBatch(self._connection, ids, emails)
        batch.read({self._id(batch, entry) for entry in entries})
        for entry in entries:
            try:
                self._import_entry(batch, entry)
            except _ConflictError as error:
                self._errors.add(entry.line, str(error))
        written = batch.write()
        self._total.new |= written.new
        self._total.changed |= written.changed
        self._total.addresses += written.addresses
        self._total.memberships += written.memberships

    def counts(self) -> ImportCounts:
        new, changed = self._total.new, self._total.changed - self._total.new
        return ImportCounts(
            new=len(new),
            changed=len(changed),
            unchanged=len(self._known.keys() - new - changed),
            addresses=self._total.addresses,
            memberships=self._total.memberships,
            groups=tuple(self._groups.created),
        )

    def _id(self, batch: PeopleBatch, entry: Entry) -> str:
        # Without an ID the owner of an address; without an owner, the ID that an archive would
        # give to the address.
        if entry.user_id:
            return entry.user_id
        owners = batch.owners(entry.addresses)
        new_id = identifier_of(fold(entry.addresses[0]), key=self._salt)
        return next(iter(owners.values()), new_id)

    def _import_entry(self, batch: PeopleBatch, entry: Entry) -> None:
        user_id = self._id(batch, entry)
        for email, owner in batch.owners(entry.addresses).items():
            if owner != user_id:
                hint = "; leave the ID empty to mean that person" if entry.user_id else ""
                raise _ConflictError(f"{shown(email)} belongs to another person{hint}")
        groups = self._find_groups(entry)
        known = self._known.setdefault(user_id, _Known(entry.line))
        self._check_values(entry, known)
        self._put_person(batch, entry, user_id)
        for email in entry.addresses:
            batch.verify(user_id, email, self._now)
        if entry.addresses and not known.has_addresses:
            known.has_addresses = True
            batch.prefer(user_id, entry.addresses[0])
        self._join(batch, entry, user_id, groups)

    def _find_groups(self, entry: Entry) -> list[GroupKey]:
        # All unknown groups are reported, so that the row can be corrected at once.
        groups: list[GroupKey] = []
        for text in entry.groups:
            try:
                groups.append(self._groups.find(text))
            except UnknownGroupError as error:
                self._errors.add(entry.line, str(error))
        return groups

    def _check_values(self, entry: Entry, known: _Known) -> None:
        for column, value in entry.values.items():
            before = known.values.setdefault(column, value)
            if value != before:
                raise _ConflictError(
                    f"{column}: line {known.line} has another one for this person"
                )

    def _put_person(self, batch: PeopleBatch, entry: Entry, user_id: str) -> None:
        person = batch.person(user_id)
        if person is None:
            name = next(iter(entry.addresses), "").partition("@")[0]
            if not name and "name" not in entry.values:
                raise _ConflictError("name: nobody has this ID yet, so a name is needed")
            person = PersonRow(user_id, name)
        batch.put_person(
            replace(
                person,
                name=entry.values.get("name", person.name),
                language=entry.values.get("language", person.language),
                timezone=entry.values.get("time zone", person.timezone),
            )
        )

    def _join(
        self, batch: PeopleBatch, entry: Entry, user_id: str, groups: Sequence[GroupKey]
    ) -> None:
        only_site = self._groups.only_site()
        roles = dict.fromkeys(groups or ([only_site] if only_site else []), entry.role)
        for key in groups:
            roles.setdefault(GroupKey(key.site_id, ""), "")
        for key, role in roles.items():
            batch.join(user_id, key, role)


class UnknownGroupError(Exception):
    """The group or its site does not exist; the message says what to do."""


class GroupLookup:
    """Finds the sites and groups of the instance by their names in the file."""

    def __init__(self, connection: Connection, *, make_groups: bool) -> None:
        self._connection = connection
        self._make_groups = make_groups
        self._sites = {site.site_id: site for site in find_sites(connection)}
        self._keys = find_groups(connection)
        #: The new groups, as the file names them.
        self.created: list[str] = []

    def find(self, text: str) -> GroupKey:
        """Return the group or the site that *text* names; raises :exc:`UnknownGroupError`."""
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
        if group_id and key not in self._keys:
            self._create(key, text)
        return key

    def only_site(self) -> GroupKey | None:
        """Return the site, if the instance has only one."""
        sites = list(self._sites)
        return GroupKey(sites[0], "") if len(sites) == 1 else None

    def _create(self, key: GroupKey, text: str) -> None:
        if not self._make_groups:
            raise UnknownGroupError(
                f"{shown(text)}: there is no such group; create it with --make-groups"
            )
        email = self._sites[key.site_id].address_of(key.group_id)
        add_groups(self._connection, [NewGroup(key, key.group_id, email)])
        self._keys.add(key)
        self.created.append(text)

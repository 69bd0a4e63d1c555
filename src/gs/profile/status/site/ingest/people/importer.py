# SPDX-License-Identifier: MIT
"""Takes the people of a file in: all of them, or nobody where a line is wrong."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import BinaryIO, Final

from sqlalchemy import Connection, Engine

from gs.profile.status.site.ingest.identifiers import identifier_of
from gs.profile.status.site.store.addresses import fold
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.mixing import KEPT, settle_disguise
from gs.profile.status.site.store.options import Option, read_option
from gs.profile.status.site.store.roster import NamedPerson

from .batch import Batch
from .csvfile import read_rows
from .entry import Entry, EntryReader
from .faults import Faults, shown
from .places import NoPlaceError, Places
from .tally import Tally

# Rows: databases have a limit to the values of a query.
_AT_ONCE: Final = 1_000


class WrongLinesError(Exception):
    """Lines of the file are wrong, so that nothing was written."""

    def __init__(self, faults: Faults) -> None:
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


def take_people(
    engine: Engine, stream: BinaryIO, now: datetime, *, make_groups: bool, dry_run: bool
) -> Tally:
    """Take the people of a CSV file in, and return what was done; in a dry run it is undone.

    Raises :exc:`WrongLinesError`, :exc:`~.csvfile.NotACsvError` and :exc:`~.mixing.MixedError`,
    and has done nothing then.
    """
    faults = Faults()
    with engine.connect() as connection, connection.begin() as transaction:
        settle_disguise(connection, KEPT)
        taking = _Taking(connection, faults, now, make_groups=make_groups)
        reader = EntryReader(faults)
        entries = filter(None, map(reader.read, read_rows(stream, faults)))
        for batch in _batches(entries):
            taking.take(batch)
        tally = taking.tally()
        if dry_run or faults.count:
            transaction.rollback()
    if faults.count:
        raise WrongLinesError(faults)
    return tally


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    entries = iter(entries)
    while batch := list(islice(entries, _AT_ONCE)):
        yield batch


class _Taking:
    def __init__(
        self, connection: Connection, faults: Faults, now: datetime, *, make_groups: bool
    ) -> None:
        self._connection = connection
        self._faults = faults
        self._now = now
        self._places = Places(connection, make_groups=make_groups)
        self._salt = bytes.fromhex(read_option(connection, Option.SALT) or "")
        self._seen: dict[str, _Seen] = {}
        self._tally = Tally()

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

    def tally(self) -> Tally:
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
            except NoPlaceError as error:
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

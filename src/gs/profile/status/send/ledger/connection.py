# SPDX-License-Identifier: MIT
"""An open ledger: named queries over SQLite, and errors that say what to do."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from gs.profile.status.send.errors import LedgerError, NoLedgerError

_FILE: Final = Path(__file__).with_name("queries.sql")
_NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def load() -> dict[str, str]:
    """Return the queries by their names."""
    _, *parts = _NAME.split(_FILE.read_text("utf-8"))
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}


Values = Mapping[str, object] | Sequence[object]

_NOBODY: Final = "Nobody is sent to who cannot be recorded."
_CORRUPT: Final = (
    "It does not tell any more who was sent to, so nobody is. Restore it from a backup, or see "
    "what sqlite3(1) can recover."
)
_ADVICE: Final = {
    sqlite3.SQLITE_FULL: "Make room, and call again: the run goes on. If there is room, the "
    "folder for temporary files is full: SQLITE_TMPDIR, or /var/tmp.",
    sqlite3.SQLITE_BUSY: "Another program has it open: close that, and call again.",
    sqlite3.SQLITE_READONLY: "Let this user write it, or name another place with --ledger.",
    sqlite3.SQLITE_CANTOPEN: "Let this user write in its folder, or name another with --ledger.",
    sqlite3.SQLITE_NOTADB: "If it was the ledger, restore it from a backup: a new one knows of "
    "nobody who was sent to. Else name another place with --ledger.",
    sqlite3.SQLITE_IOERR: "See that its disk has room and is sound, and call again: the run "
    "goes on.",
}

# Members whom one statement names.
_MOST_AT_ONCE: Final = 128

# What is wrong with the machine, not with the place.
_NOT_THE_PLACE: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR)


class LedgerFile:
    """An open ledger: SQLite at *path*, in *connection*, which is in autocommit mode."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._queries = load()
        self._errors = _Errors(path)

    def check(self) -> None:
        """Raise :class:`LedgerError` where the file is damaged; it is read from end to end."""
        with self._errors:
            # quick_check costs the same here, and overlooks an index that has lost a run.
            found = self._connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found == "ok" and self.row("damaged_member"):
            found = "a member has a value that none can have"
        if found != "ok":
            raise ledger_error(self.path, sqlite3.DatabaseError(found), corrupt=True)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Have all that is read inside be of one moment, whoever writes meanwhile."""
        with self._errors:
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what is done inside one durable change, or none."""
        with self._errors:
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._errors:
                self._connection.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors, such as a full disk.
            with suppress(sqlite3.Error):  # what went wrong before is what to tell
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise

    def rows(self, name: str, **values: object) -> Iterator[sqlite3.Row]:
        """Yield what the query *name* finds."""
        with self._errors:
            yield from self._connection.execute(self._queries[name], values)

    def row(self, name: str, **values: object) -> sqlite3.Row | None:
        """Return the one row that the query *name* finds, if it does."""
        return next(self.rows(name, **values), None)

    def do(self, name: str, **values: object) -> int:
        """Run the query *name*, and return how many rows it changed."""
        with self._errors:
            return self._connection.execute(self._queries[name], values).rowcount

    def add(self, name: str, **values: object) -> int:
        """Run the query *name*, and return the number of the row that it added."""
        with self._errors:
            number = self._connection.execute(self._queries[name], values).lastrowid
        assert number is not None  # noqa: S101 - it is that of an INSERT
        return number

    def do_for(
        self, name: str, members: Sequence[str], values: Sequence[object] = (), place: str = "?"
    ) -> int:
        """Run the query *name* for *members*, each in a *place* of its ``:members``.

        The *values* are those of its numbers. Returns how many rows it changed. This is up to
        seven times as fast as to run it once for each.
        """
        changed = 0
        rest, size = list(members), _MOST_AT_ONCE
        while rest:
            # Sizes of few kinds, so that SQLite finds the statements prepared.
            while size > len(rest):
                size //= 2
            some, rest = rest[:size], rest[size:]
            places = ", ".join([place] * size)
            query = self._queries[name].replace(":members", places)
            with self._errors:
                changed += self._connection.execute(query, [*values, *some]).rowcount
        return changed

    def do_many(self, name: str, values: Iterable[Values]) -> int:
        """Run the query *name* once for each of *values*; return how many rows it changed."""
        with self._errors:
            return self._connection.executemany(self._queries[name], values).rowcount

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class _Errors:
    """Says what errors of SQLite mean: a class, for a generator would be a fifth of a query."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        """Raise :class:`LedgerError` for an error of SQLite."""
        if isinstance(error, (sqlite3.Error, UnicodeDecodeError)):
            raise ledger_error(self._path, error) from error


def ledger_error(
    path: Path,
    error: sqlite3.Error | UnicodeDecodeError,
    *,
    opening: bool = False,
    corrupt: bool = False,
) -> LedgerError:
    """Return the error that says what *error* means for the ledger at *path*.

    It is a :exc:`UnicodeDecodeError` where SQLite quotes what a damaged file has for a name.
    """
    # The lower eight bits are the result code proper, of which the rest is a shade.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    quoted = isinstance(error, UnicodeDecodeError)
    if corrupt or quoted or code == sqlite3.SQLITE_CORRUPT:
        return LedgerError(f"The ledger {path} is corrupt: {error}.\n{_CORRUPT}")
    verb = "opened" if opening else "used"
    kind = NoLedgerError if opening and code not in _NOT_THE_PLACE else LedgerError
    advice = _ADVICE.get(code, "See to it, and call again: the run goes on.")
    return kind(f"The ledger {path} cannot be {verb}: {error}.\n{_NOBODY} {advice}")

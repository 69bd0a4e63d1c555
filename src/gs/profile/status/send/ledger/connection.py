# SPDX-License-Identifier: MIT
"""An open ledger: the named queries in SQLite, and errors that say what to do."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from gs.profile.status.send.errors import LedgerError, NoLedgerError

_FILE: Final = Path(__file__).with_name("queries.sql")
_PART: Final = re.compile(r"^-- (name|expression): (\w+)$", re.MULTILINE)
_EXPRESSION: Final = re.compile(r"\{(\w+)\}")

Values = Mapping[str, object] | Sequence[object]

_NOTHING_SENT: Final = "Nothing is sent that cannot be recorded."
_CORRUPT: Final = (
    "It does not say reliably who was sent to, so nothing was sent. Restore it from a backup, or "
    "recover it with sqlite3(1)."
)
_ADVICE: Final = {
    sqlite3.SQLITE_FULL: "Free disk space, then run the same command to continue. If the "
    "disk is not full, the folder for temporary files is: SQLITE_TMPDIR, or /var/tmp.",
    sqlite3.SQLITE_BUSY: "Another program has it open. Close that program, then run the same "
    "command to continue.",
    sqlite3.SQLITE_READONLY: "Give this user write access, or name another file with --ledger.",
    sqlite3.SQLITE_CANTOPEN: "Give this user write access to its folder, or name another file "
    "with --ledger.",
    sqlite3.SQLITE_NOTADB: "If it was the ledger, restore it from a backup: a new ledger would "
    "mail everybody again. If not, name another file with --ledger.",
    sqlite3.SQLITE_IOERR: "Check that its disk works and is not full, then run the same command "
    "to continue.",
}

# Members in one statement.
_MOST_AT_ONCE: Final = 128

# Errors of the machine, and not of the path of the ledger.
_MACHINE_ERRORS: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR)


class LedgerConnection:
    """An open ledger: SQLite at *path*, in *connection*, which is in autocommit mode."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._queries = load_queries()
        self._errors = _Errors(path)

    def check(self) -> None:
        """Read the whole file; raise :class:`LedgerError` if it is damaged."""
        with self._errors:
            # quick_check takes as long here, and does not compare indexes with tables.
            problem = self._connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if problem == "ok" and self.row("damaged_member"):
            problem = "a member has an impossible value"
        if problem != "ok":
            raise ledger_error(self.path, sqlite3.DatabaseError(problem), corrupt=True)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read one state of the ledger in the block, even if another process writes."""
        with self._errors:
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the changes in the block one durable change, or none."""
        with self._errors:
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._errors:
                self._connection.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors, such as a full disk.
            with suppress(sqlite3.Error):  # the first error is the one to report
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise

    def rows(self, name: str, **values: object) -> Iterator[sqlite3.Row]:
        """Yield the rows of the query *name*."""
        with self._errors:
            yield from self._connection.execute(self._queries[name], values)

    def row(self, name: str, **values: object) -> sqlite3.Row | None:
        """Return the row of the query *name*, ``None`` if there is none."""
        return next(self.rows(name, **values), None)

    def execute(self, name: str, **values: object) -> int:
        """Run the query *name*, and return how many rows it changed."""
        with self._errors:
            return self._connection.execute(self._queries[name], values).rowcount

    def insert(self, name: str, **values: object) -> int:
        """Run the query *name*, and return the number of the row that it added."""
        with self._errors:
            number = self._connection.execute(self._queries[name], values).lastrowid
        assert number is not None  # noqa: S101 - it is that of an INSERT
        return number

    def execute_for(
        self, name: str, members: Sequence[str], values: Sequence[object] = (), place: str = "?"
    ) -> int:
        """Run the query *name* for all *members*, each of them a *place* in its ``:members``.

        *values* are for the numbered parameters. Returns how many rows it changed. This is up to
        seven times as fast as one statement for each member.
        """
        changed = 0
        remaining, size = list(members), _MOST_AT_ONCE
        while remaining:
            # Few different sizes, so that SQLite finds the statements in its cache.
            while size > len(remaining):
                size //= 2
            some, remaining = remaining[:size], remaining[size:]
            places = ", ".join([place] * size)
            query = self._queries[name].replace(":members", places)
            with self._errors:
                changed += self._connection.execute(query, [*values, *some]).rowcount
        return changed

    def execute_many(self, name: str, values: Iterable[Values]) -> int:
        """Run the query *name* once for each of *values*; return how many rows that changed."""
        with self._errors:
            return self._connection.executemany(self._queries[name], values).rowcount

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class _Errors:
    """Translates errors of SQLite. A generator would take a fifth of the time of a query."""

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
    """Return the error for the operator that *error* means for the ledger at *path*.

    SQLite raises :exc:`UnicodeDecodeError` when it quotes a name in a damaged file.
    """
    # The lower eight bits are the primary result code (https://sqlite.org/rescode.html).
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    quoted = isinstance(error, UnicodeDecodeError)
    if corrupt or quoted or code == sqlite3.SQLITE_CORRUPT:
        return LedgerError(f"The ledger {path} is corrupt: {error}.\n{_CORRUPT}")
    verb = "open" if opening else "use"
    kind = NoLedgerError if opening and code not in _MACHINE_ERRORS else LedgerError
    advice = _ADVICE.get(code, "Correct this, then run the same command to continue.")
    return kind(f"Cannot {verb} the ledger {path}: {error}.\n{_NOTHING_SENT} {advice}")


def load_queries() -> dict[str, str]:
    """Return the queries of ``queries.sql`` by name, with its expressions filled in."""
    _, *parts = _PART.split(_FILE.read_text("utf-8"))
    kinds, names, texts = parts[::3], parts[1::3], parts[2::3]
    texts = [text.strip() for text in texts]
    named = list(zip(kinds, names, texts, strict=True))
    expressions = {name: text for kind, name, text in named if kind == "expression"}
    return {
        name: _EXPRESSION.sub(lambda found: f"({expressions[found[1]]})", text)
        for kind, name, text in named
        if kind == "name"
    }

# SPDX-License-Identifier: MIT
"""The file of a ledger: created, opened, migrated, and queried by name."""

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
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


#: The migrations, the oldest first. The version of a ledger is the number of its migrations.
MIGRATIONS: Final = tuple(sorted(Path(__file__).with_name("migrations").glob("*.sql")))


# "gssp": it distinguishes a ledger from the SQLite file of another program.
_APPLICATION_ID: Final = 0x67737370

# The first octets of an SQLite file, and its smallest size in octets
# (https://sqlite.org/fileformat2.html).
_MAGIC: Final = b"SQLite format 3\0"
_SHORTEST: Final = 512

# Seconds to wait for another run in the same file, which may be storing a long list.
_BUSY_TIMEOUT: Final = 60.0

# With WAL, --status can read while a run writes. With FULL each commit survives a power cut.
_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cell_size_check = ON",
    "PRAGMA trusted_schema = OFF",
)

_MEMORY: Final = Path(":memory:")


def ensure_ledger(path: Path, migrations: Sequence[Path] = MIGRATIONS) -> None:
    """Create a ledger at *path* if there is none; this never waits for another process.

    Raises :class:`NoLedgerError` or :class:`LedgerError` for a file that is not a ledger.
    """
    with _errors(path):
        if not path.exists():
            _create(path, migrations)
        _check_file(path)


def open_ledger(
    path: Path, migrations: Sequence[Path] = MIGRATIONS, *, busy_timeout: float = _BUSY_TIMEOUT
) -> LedgerConnection:
    """Return the ledger at *path* for reading and writing, created if there is none.

    Each operation waits up to *busy_timeout* seconds for another program that writes. Raises
    :class:`NoLedgerError` if it cannot be opened, :class:`LedgerError` if it is corrupt.
    """
    ensure_ledger(path, migrations)
    with _errors(path), ExitStack() as cleanup:
        connection = cleanup.enter_context(closing(_connection(path, "rw", busy_timeout)))
        _check_version(connection, path, len(migrations))
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        migrate(connection, migrations)
        cleanup.pop_all()
    return LedgerConnection(path, connection)


def open_ledger_read_only(path: Path) -> LedgerConnection:
    """Return the ledger at *path* for reading only, an empty one if there is none.

    Raises the errors of :func:`open_ledger`.
    """
    with _errors(path), ExitStack() as cleanup:
        if not path.exists():
            empty = _connection(_MEMORY, "memory")
            migrate(empty, MIGRATIONS)
            return LedgerConnection(_MEMORY, empty)
        _check_file(path)
        connection = cleanup.enter_context(closing(_connection(path, "ro")))
        _check_version(connection, path, len(MIGRATIONS))
        if version_of(connection) == len(MIGRATIONS):
            ledger = LedgerConnection(path, connection)
            ledger.check()
            cleanup.pop_all()
            return ledger
    open_ledger(path).close()
    return open_ledger_read_only(path)


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of a ledger: the number of its migrations."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, migrations: Sequence[Path]) -> None:
    """Apply the *migrations* that are missing, all or none; raises :exc:`sqlite3.Error`.

    It fails for a ledger that cannot be written, even if no migration is missing.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number, migration in enumerate(migrations, 1):
            if number > version_of(connection):
                for statement in _statements(migration.read_text("utf-8")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(text: str) -> Iterator[str]:
    # executescript() would commit, so that it would not be all or none.
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NoLedgerError(
            f"Cannot open or create the ledger {path}: {error.strerror}.\n"
            "Nothing was sent. Name another file with --ledger."
        ) from error
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise ledger_error(path, error, opening=True) from error


def _create(path: Path, migrations: Sequence[Path]) -> None:
    # Under another name first. So an empty file at the path of the ledger is never a new ledger,
    # but always one that has lost its content.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new-{os.getpid()}")
    os.close(os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    try:
        with closing(_connection(new, "rw")) as connection:
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection, migrations)
        with suppress(FileExistsError):  # another process was quicker
            os.link(new, path)
    finally:
        for leftover in (new, Path(f"{new}-wal"), Path(f"{new}-shm")):
            leftover.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _connection(path: Path, mode: str, busy_timeout: float = _BUSY_TIMEOUT) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=busy_timeout)
    connection.row_factory = sqlite3.Row
    return connection


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise NoLedgerError(
            f"The ledger {path} is not a regular file. Name another one with --ledger."
        )
    with path.open("rb") as file:
        is_sqlite = _MAGIC.startswith(file.read(len(_MAGIC)))
    if is_sqlite and path.stat().st_size < _SHORTEST:
        raise LedgerError(
            f"The ledger {path} is empty or truncated: it has lost its content.\n"
            "Nothing was sent. Restore it from a backup. Remove it only if everybody may be "
            "mailed again."
        )


def _check_version(connection: sqlite3.Connection, path: Path, newest: int) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        raise NoLedgerError(
            f"{path} is not a ledger of sendprofile, but a file of another program.\n"
            "Name another file with --ledger."
        )
    version = version_of(connection)
    if version > newest:
        raise NoLedgerError(
            f"The ledger {path} has the newer version {version}; this program supports {newest}.\n"
            "Upgrade sendprofile, or name another file with --ledger."
        )

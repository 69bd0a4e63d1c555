# SPDX-License-Identifier: MIT
"""The file of a ledger: created, opened, migrated, and refused if it is not one."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from gs.profile.status.send.errors import LedgerError, NoLedgerError

from .connection import LedgerConnection, ledger_error

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

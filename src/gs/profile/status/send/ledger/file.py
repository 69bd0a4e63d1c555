# SPDX-License-Identifier: MIT
"""The file of a ledger: created, opened, migrated, checked."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from gs.profile.status.send.errors import LedgerError, NoLedgerError

from .connection import LedgerFile, ledger_error

#: The migrations, oldest first: a ledger's version is how many of them it has had.
MIGRATIONS: Final = tuple(sorted(Path(__file__).with_name("migrations").glob("*.sql")))


def version_of(connection: sqlite3.Connection) -> int:
    """Return how many migrations a ledger has had."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, migrations: Sequence[Path]) -> None:
    """Apply those of *migrations* that are missing, all or none; raises :exc:`sqlite3.Error`.

    A ledger that cannot be written fails here, even if nothing is missing.
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
    # executescript() would end the transaction that makes it all or none.
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


# "gssp", by which we know a ledger from another program's SQLite file.
_APPLICATION_ID: Final = 0x67737370

# What a file of SQLite begins with, and the least bytes that it can have
# (https://sqlite.org/fileformat2.html).
_MAGIC: Final = b"SQLite format 3\0"
_SHORTEST: Final = 512

# Seconds. Another run that shares the file may be storing a long list.
_BUSY_TIMEOUT: Final = 60.0

# WAL lets --status read while a run writes; FULL makes each commit outlast a power cut.
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
    """Make a ledger at *path* if there is none; it waits for nobody.

    Raises :class:`NoLedgerError` or :class:`LedgerError` for what is not the file of one.
    """
    with _errors(path):
        if not path.exists():
            _make(path, migrations)
        _refuse_what_is_no_ledger(path)


def open_ledger(
    path: Path, migrations: Sequence[Path] = MIGRATIONS, *, busy_timeout: float = _BUSY_TIMEOUT
) -> LedgerFile:
    """Return the ledger at *path*, made if there is none, for reading and writing.

    While another program writes it, it is waited for, *busy_timeout* seconds each time. Raises
    :class:`NoLedgerError` where it cannot be had, :class:`LedgerError` where it is corrupt.
    """
    ensure_ledger(path, migrations)
    with _errors(path), ExitStack() as undone:
        connection = undone.enter_context(closing(_connection(path, "rw", busy_timeout)))
        _refuse_what_is_not_ours(connection, path, len(migrations))
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        migrate(connection, migrations)
        undone.pop_all()
    return LedgerFile(path, connection)


def open_ledger_read_only(path: Path) -> LedgerFile:
    """Return the ledger at *path* for reading alone, an empty one where there is none.

    Raises what :func:`open_ledger` does.
    """
    with _errors(path), ExitStack() as undone:
        if not path.exists():
            return _empty()
        _refuse_what_is_no_ledger(path)
        connection = undone.enter_context(closing(_connection(path, "ro")))
        _refuse_what_is_not_ours(connection, path, len(MIGRATIONS))
        if version_of(connection) == len(MIGRATIONS):
            file = LedgerFile(path, connection)
            file.check()
            undone.pop_all()
            return file
    open_ledger(path).close()
    return open_ledger_read_only(path)


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NoLedgerError(
            f"The ledger {path} cannot be opened or made: {error.strerror}.\n"
            "Nobody is sent to who cannot be recorded. Name another place with --ledger."
        ) from error
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise ledger_error(path, error, opening=True) from error


def _empty() -> LedgerFile:
    connection = _connection(_MEMORY, "memory")
    migrate(connection, MIGRATIONS)
    return LedgerFile(_MEMORY, connection)


def _make(path: Path, migrations: Sequence[Path]) -> None:
    # Under another name first: so an empty file in the ledger's place is never one that was
    # being made, but one that has lost what it had.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new-{os.getpid()}")
    os.close(os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    try:
        with closing(_connection(new, "rw")) as connection:
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection, migrations)
        with suppress(FileExistsError):  # another process was faster
            os.link(new, path)
    finally:
        for left in (new, Path(f"{new}-wal"), Path(f"{new}-shm")):
            left.unlink(missing_ok=True)
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


def _refuse_what_is_no_ledger(path: Path) -> None:
    if not path.is_file():
        raise NoLedgerError(f"The ledger {path} is not a file: name another with --ledger.")
    with path.open("rb") as file:
        begun = _MAGIC.startswith(file.read(len(_MAGIC)))
    if begun and path.stat().st_size < _SHORTEST:
        raise LedgerError(
            f"The ledger {path} is empty or cut off: it has lost what it had, or is none.\n"
            "Restore it from a backup; or remove it, if it is to be made anew."
        )


def _refuse_what_is_not_ours(connection: sqlite3.Connection, path: Path, newest: int) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        raise NoLedgerError(
            f"{path} is no ledger of sendprofile, but another program's file.\n"
            "Name another place with --ledger."
        )
    version = version_of(connection)
    if version > newest:
        raise NoLedgerError(
            f"The ledger {path} is of a newer version, {version}; this program knows {newest}.\n"
            "Upgrade sendprofile, or name another place with --ledger."
        )

# SPDX-License-Identifier: MIT
"""Brings the tables of a ledger to the newest form, by the migrations that it has not had yet."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

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

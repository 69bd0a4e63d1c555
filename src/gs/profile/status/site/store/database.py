# SPDX-License-Identifier: MIT
"""Opens the database."""

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from .tables import METADATA


def open_database(file: Path) -> Engine:
    """Return the SQLite database in *file*, with all its tables, ready for many threads.

    What is committed is on the disk. A table that an older site does not have is made.
    """
    url = URL.create("sqlite", database=str(file))
    # As many connections as Starlette has threads: none waits for another.
    engine = create_engine(url, pool_size=40, max_overflow=0)
    event.listen(engine, "connect", _settle)
    METADATA.create_all(engine)
    return engine


def is_full(error: DBAPIError) -> bool:
    """Return whether it failed for want of room, so that nothing was written."""
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _settle(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    # Waiting comes first: turning to WAL is itself a write.
    cursor.execute("PRAGMA busy_timeout = 10000")
    cursor.execute("PRAGMA journal_mode = WAL")
    # A mail that was begun must not be forgotten when the power fails: it would be sent again.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()

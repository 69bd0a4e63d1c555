# SPDX-License-Identifier: MIT
"""Opens the database."""

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, event

from .tables import METADATA


def open_database(file: Path) -> Engine:
    """Return the SQLite database in *file*, with all its tables, ready for many threads."""
    url = URL.create("sqlite", database=str(file))
    # As many connections as Starlette has threads: none waits for another.
    engine = create_engine(url, pool_size=40, max_overflow=0)
    event.listen(engine, "connect", _settle)
    METADATA.create_all(engine)
    return engine


def _settle(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    # Waiting comes first: turning to WAL is itself a write.
    cursor.execute("PRAGMA busy_timeout = 10000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()

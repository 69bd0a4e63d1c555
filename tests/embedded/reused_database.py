# SPDX-License-Identifier: MIT
"""A database of PostgreSQL that is emptied between tests.

Creating and dropping a database takes a tenth of a second, emptying one takes a hundredth of
that.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from gs.profile.status.site.store import tables
from servers.postgres import Postgres

# A database is used this often: deleted rows leave gaps in its files.
_USES: Final = 50
_TABLES: Final = [table.name for table in reversed(tables.METADATA.sorted_tables)]
# Catalogues that a change of the schema or of settings changes, and our rows do not.
_CATALOGUES: Final = (
    "pg_attrdef",
    "pg_attribute",
    "pg_class",
    "pg_constraint",
    "pg_db_role_setting",
    "pg_index",
    "pg_namespace",
    "pg_proc",
    "pg_statistic",
    "pg_trigger",
)
_OTHER_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_OTHERS: Final = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Seconds for a session to end after its client has closed it.
_ENDING: Final = 2.0


@dataclass
class ReusedDatabase:
    """A copy of the database *template*, replaced after a test that changed more than rows."""

    server: Postgres
    template: str
    _name: str = ""
    _uses: int = 0
    _state: tuple[object, ...] = ()

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Yield the URL of the database for one test."""
        if not self._name:
            self._name, self._uses = self.server.make(self.template), 0
            with psycopg.connect(self.server.url(self._name), autocommit=True) as connection:
                self._state = _state(connection)
        try:
            yield self.server.url(self._name)
        finally:
            self._uses += 1
            if self._uses == _USES or not self._emptied():
                self.drop()

    def drop(self) -> None:
        """Drop the database, also while it is in use."""
        if self._name:
            name, self._name = self._name, ""
            self.server.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _emptied(self) -> bool:
        """Empty it; return False if its schema changed or another session is connected."""
        try:
            with psycopg.connect(self.server.url(self._name), autocommit=True) as connection:
                if not _is_alone(connection) or _state(connection) != self._state:
                    return False
                with connection.transaction():
                    for table in _TABLES:
                        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        except psycopg.Error:  # the test may have dropped the database or a part of it
            return False
        return True


def _is_alone(connection: psycopg.Connection) -> bool:
    deadline = time.monotonic() + _ENDING
    while connection.execute(_OTHERS).fetchone() != (0,):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def _state(connection: psycopg.Connection) -> tuple[object, ...]:
    # Each changed row has the number of the transaction that changed it.
    others = {name for (name,) in connection.execute(_OTHER_TABLES)} - set(_TABLES)
    sums = [
        sql.SQL("(SELECT (count(*), sum(xmin::text::bigint))::text FROM {})").format(
            sql.Identifier(table)
        )
        for table in (*_CATALOGUES, *sorted(others))
    ]
    return connection.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(sums))).fetchone()

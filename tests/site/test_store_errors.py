# SPDX-License-Identifier: MIT
"""Database errors are classified: temporarily unavailable, or a bug."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from embedded.database import only
from gs.profile.status.site.store.database import NO_DATABASE, is_away
from gs.profile.status.site.store.options import Option, write_option
from limits import wait_until

RAISE = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{}'; END $$"
AWAY = ["08006", "25006", "25P03", "40001", "40P01", "53100", "53300", "57014", "57P01", "57P03"]
BUGS = ["22003", "23502", "23505", "42501", "42P01", "P0001", "XX000"]


def asked(db, query):
    with db.engine.connect() as connection:
        return connection.scalar(query)


def failed(db, *statements):
    """Return the error of the last statement."""
    *before, last = map(text, statements)
    with db.engine.connect() as connection:
        for statement in before:
            connection.execute(statement)
        with pytest.raises(DBAPIError) as caught:
            connection.execute(last)
        connection.invalidate()
    return caught.value


@only("postgresql")
@pytest.mark.parametrize(
    ("state", "away"), [*((one, True) for one in AWAY), *((one, False) for one in BUGS)]
)
def test_errors_of_postgresql_are_classified_by_state(db, state, away):
    error = failed(db, RAISE.format(state))
    assert error.orig.sqlstate == state
    assert is_away(error) is away
    assert isinstance(error, NO_DATABASE) or not away


@only("postgresql")
def test_a_read_only_database_is_unavailable(db):
    error = failed(db, "SET TRANSACTION READ ONLY", "DELETE FROM person")
    assert isinstance(error, InternalError)
    assert isinstance(error, NO_DATABASE)
    assert is_away(error)


@only("postgresql")
def test_a_transaction_timeout_is_unavailable(db):
    with db.engine.connect() as connection:
        session = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        session = session.bindparams(pid=connection.scalar(text("SELECT pg_backend_pid()")))
        connection.execute(text("SET idle_in_transaction_session_timeout = '20ms'"))
        wait_until(lambda: not asked(db, session))
        with pytest.raises(NO_DATABASE) as caught:
            connection.execute(text("SELECT 1"))
        assert is_away(caught.value)
        connection.invalidate()


@only("sqlite")
def test_a_locked_database_is_unavailable(db, database):
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with db.engine.connect() as connection:
            connection.execute(text("PRAGMA busy_timeout = 0"))
            with pytest.raises(OperationalError) as caught:
                write_option(connection, Option.TOKEN, "another")
    assert is_away(caught.value)


def test_a_duplicate_row_is_a_bug(db):
    with pytest.raises(IntegrityError) as caught:
        db.add_site()
    assert not is_away(caught.value)
    assert not isinstance(caught.value, NO_DATABASE)


def test_an_exhausted_pool_is_unavailable():
    assert is_away(PoolTimeoutError())


def test_an_error_of_another_kind_is_a_bug():
    assert not is_away(ValueError("25006"))

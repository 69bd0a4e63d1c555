# SPDX-License-Identifier: MIT
"""What the database raises is told apart: it is away for now, or there is a bug."""

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


def asked(town, query):
    with town.engine.connect() as connection:
        return connection.scalar(query)


def failed(town, *statements):
    """Return the error of the last statement."""
    *before, last = map(text, statements)
    with town.engine.connect() as connection:
        for statement in before:
            connection.execute(statement)
        with pytest.raises(DBAPIError) as told:
            connection.execute(last)
        connection.invalidate()
    return told.value


@only("postgresql")
@pytest.mark.parametrize(
    ("state", "away"), [*((one, True) for one in AWAY), *((one, False) for one in BUGS)]
)
def test_errors_of_postgresql_are_classified_by_state(town, state, away):
    error = failed(town, RAISE.format(state))
    assert error.orig.sqlstate == state
    assert is_away(error) is away
    assert isinstance(error, NO_DATABASE) or not away


@only("postgresql")
def test_a_read_only_database_is_unavailable(town):
    error = failed(town, "SET TRANSACTION READ ONLY", "DELETE FROM person")
    assert isinstance(error, InternalError)
    assert isinstance(error, NO_DATABASE)
    assert is_away(error)


@only("postgresql")
def test_a_transaction_timeout_is_unavailable(town):
    with town.engine.connect() as connection:
        session = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        session = session.bindparams(pid=connection.scalar(text("SELECT pg_backend_pid()")))
        connection.execute(text("SET idle_in_transaction_session_timeout = '20ms'"))
        wait_until(lambda: not asked(town, session))
        with pytest.raises(NO_DATABASE) as told:
            connection.execute(text("SELECT 1"))
        assert is_away(told.value)
        connection.invalidate()


@only("sqlite")
def test_a_locked_database_is_unavailable(town, database):
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with town.engine.connect() as connection:
            connection.execute(text("PRAGMA busy_timeout = 0"))
            with pytest.raises(OperationalError) as told:
                write_option(connection, Option.TOKEN, "another")
    assert is_away(told.value)


def test_a_duplicate_row_is_a_bug(town):
    with pytest.raises(IntegrityError) as told:
        town.site()
    assert not is_away(told.value)
    assert not isinstance(told.value, NO_DATABASE)


def test_an_exhausted_pool_is_unavailable():
    assert is_away(PoolTimeoutError())


def test_an_error_of_another_kind_is_a_bug():
    assert not is_away(ValueError("25006"))

# SPDX-License-Identifier: MIT
"""Opens the database: a file of SQLite, or one of a PostgreSQL server."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from gs.profile.status.site.installation import install_command

from .migrating import migrate

if TYPE_CHECKING:
    import psycopg

# Given to PostgreSQL's client unless the URL says otherwise. A server that has gone without a
# word is noticed in half a minute: seconds, but for the last, which is in milliseconds.
_LIBPQ: Final = {
    "application_name": "sendprofile-site",
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
# Seconds to wait for others who write to a file of SQLite, and between two tries to turn to WAL.
_BUSY: Final = 10.0
_AGAIN: Final = 0.01


class DatabaseURLError(ValueError):
    """The URL of a database is none, or of a kind of database that the site cannot use."""


def open_database(where: Path | str) -> Engine:
    """Return the database at *where*, with all its tables, ready for many threads.

    That is a file of SQLite, or a URL: ``sqlite:///FILE`` or ``postgresql://HOST/NAME``, as
    libpq has it. What is committed is on the disk. The database of an older version is brought up
    to date, by one process at a time. Raises :exc:`DatabaseURLError`, :exc:`.NotOurDatabaseError`
    and what SQLAlchemy raises when the database cannot be reached.
    """
    url = _url(where)
    # The values of a statement that fails are personal data, and its error gets into the log.
    try:
        engine = _CREATE[url.get_backend_name()](url, {"hide_parameters": True})
    except ModuleNotFoundError as error:
        command = install_command("site,postgresql")
        raise DatabaseURLError(f"PostgreSQL needs psycopg: run {command}") from error
    try:
        migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _url(where: Path | str) -> URL:
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(where))
    url = _parsed(where)
    if url is None:
        raise DatabaseURLError("this is not the URL of a database")
    if url.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database:
        return url
    raise DatabaseURLError(
        f"a database of the kind {url.drivername!r} cannot be used: give sqlite:///FILE or "
        "postgresql://USER@HOST/NAME"
    )


def _parsed(where: str) -> URL | None:
    try:
        return make_url(where)
    except (ArgumentError, ValueError):
        # The error is not for anybody to see: it may have the password in it.
        return None


def _sqlite(url: URL, options: dict[str, Any]) -> Engine:
    # As many connections as Starlette has threads: none waits for another.
    engine = create_engine(url, pool_size=40, max_overflow=0, **options)
    event.listen(engine, "connect", _settle_sqlite)
    return engine


def _postgresql(url: URL, options: dict[str, Any]) -> Engine:
    # A server has a hundred connections, for all processes. Each is tried before it is used: the
    # server may have been restarted.
    engine = create_engine(
        url,
        pool_size=5,
        max_overflow=5,
        pool_pre_ping=True,
        connect_args={name: value for name, value in _LIBPQ.items() if name not in url.query},
        **options,
    )
    event.listen(engine, "connect", _settle_postgresql)
    event.listen(engine, "handle_error", _withhold)
    return engine


_CREATE: Final[dict[str, Callable[[URL, dict[str, Any]], Engine]]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
}


def _settle_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(_BUSY * 1000)}")
    _turn_to_wal(cursor)
    # A mail that was begun must not be forgotten when the power fails: it would be sent again.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _turn_to_wal(cursor: sqlite3.Cursor) -> None:
    # The trap: here SQLite does not wait. Of several who open a new file at once, all but one are
    # told at once that it is locked.
    deadline = time.monotonic() + _BUSY
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # Its low octet is the kind, the rest says why: https://sqlite.org/rescode.html
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(_AGAIN)
        else:
            return


def _settle_postgresql(connection: "psycopg.Connection", _record: object) -> None:
    # Months are reckoned in UTC; and what is committed is durable, as it is in SQLite.
    connection.execute(
        "SELECT set_config('TimeZone', 'UTC', false), CASE"
        " WHEN current_setting('synchronous_commit') = 'off'"
        " THEN set_config('synchronous_commit', 'on', false) END"
    )
    connection.commit()


def _withhold(context: ExceptionContext) -> None:
    # PostgreSQL says which value it was that is there twice.
    diagnosis = getattr(context.original_exception, "diag", None)
    detail = getattr(diagnosis, "message_detail", None)
    for error in (context.original_exception, context.sqlalchemy_exception):
        if detail and error is not None:
            error.args = tuple(
                part.replace(detail, "(withheld)") if isinstance(part, str) else part
                for part in error.args
            )

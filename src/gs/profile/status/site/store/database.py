# SPDX-License-Identifier: MIT
"""Opens the database, SQLite or PostgreSQL, and migrates it."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    Text,
    column,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
    table,
    text,
)
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gs.profile.status.site.installation import install_command

from .tables import METADATA

if TYPE_CHECKING:
    import psycopg

# The rest of the site names the database by these, and imports SQLAlchemy nowhere.
__all__ = [
    "DATABASE_ERRORS",
    "NO_DATABASE",
    "Connection",
    "DBAPIError",
    "DatabaseURLError",
    "Engine",
    "NewerDatabaseError",
    "NotOurDatabaseError",
    "UnversionedDatabaseError",
    "is_away",
    "migrate",
    "open_database",
    "ping",
    "reason_of",
]

#: Every error of a database, whether SQLAlchemy or SQLite's own module raises it.
DATABASE_ERRORS: Final = (SQLAlchemyError, sqlite3.Error)

#: The version of the tables as this program has them: the last of the migrations.
VERSION: Final = "0001"

_MIGRATIONS: Final = Path(__file__).with_name("migrations")
# As Alembic makes it, under a name that no other program has for its own.
_VERSION_TABLE: Final = table("sendprofile_site_version", column("version_num", Text()))
# The advisory lock of whoever migrates: a number that hardly anything else there uses.
_LOCK: Final = 0x73656E6470726F66


class NotOurDatabaseError(Exception):
    """The database cannot be used by this version of the program; the text says why."""


class NewerDatabaseError(NotOurDatabaseError):
    """The database has been used by a newer version of the program."""


class UnversionedDatabaseError(NotOurDatabaseError):
    """The database has tables with our names, and does not say of which version they are."""


def migrate(engine: Engine) -> None:
    """Bring the database up to date; one that is costs no more than to look.

    All or nothing: it is one transaction, and other processes that open the database wait for its
    end. Raises :exc:`NewerDatabaseError` and :exc:`UnversionedDatabaseError`.
    """
    with engine.connect() as connection:
        if _version(connection) == VERSION:
            return
    with _alone(engine) as connection:
        version = _version(connection)
        if version is None:
            _refuse_unversioned(connection)
        if version != VERSION:
            _upgrade(connection, version)


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("BEGIN IMMEDIATE"))
        else:
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        yield connection
        connection.commit()


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION_TABLE.name):
        return None
    return connection.scalar(select(_VERSION_TABLE.c.version_num))


def _refuse_unversioned(connection: Connection) -> None:
    ours = sorted(METADATA.tables.keys() & set(inspect(connection).get_table_names()))
    if ours:
        raise UnversionedDatabaseError(
            f"The database has tables already ({', '.join(ours)}) and does not say of which "
            "version of sendprofile-site they are: they are of a version before the first, or of "
            "another program. Use a new database, and import into it again."
        )


def _upgrade(connection: Connection, version: str | None) -> None:
    # Imported here, for it takes longer to import than all the rest, and is rarely needed.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection, "version_table": _VERSION_TABLE.name})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise NewerDatabaseError(
            f"The database is of version {version}, and this sendprofile-site knows it up to "
            f"{VERSION}: a newer one has used it. Upgrade gs.profile.status.send."
        )
    command.upgrade(config, "head")


#: It is away, locked, full or read-only, or all connections to it are in use. An internal error
#: may be something else: who has to be certain asks :func:`is_away`.
NO_DATABASE: Final = (OperationalError, InterfaceError, InternalError, PoolTimeoutError)

# The class of PostgreSQL's SQLSTATEs on transactions: read-only after a failover, or idle for too
# long. To psycopg that is an internal error; all others that pass are operational ones.
_TRANSACTION: Final = "25"


def is_away(error: BaseException) -> bool:
    """Return whether *error* says that the database may work later; any other is a bug."""
    if isinstance(error, InternalError):
        state = getattr(error.orig, "sqlstate", None)
        return state is not None and state.startswith(_TRANSACTION)
    return isinstance(error, NO_DATABASE)


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


def ping(engine: Engine) -> None:
    """Ask the database for an answer; raises one of :data:`DATABASE_ERRORS` if there is none."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def reason_of(error: Exception) -> str:
    """Return the first line of the driver's message, without the statement and its values.

    PostgreSQL adds the values of a row in the other lines.
    """
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    return said.splitlines()[0].rstrip(".") if said else type(error).__name__

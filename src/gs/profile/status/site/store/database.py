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

# The other packages of the site import these from here, and SQLAlchemy nowhere.
__all__ = [
    "BUSY_TIMEOUT",
    "DATABASE_ERRORS",
    "NO_DATABASE",
    "VERSION",
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

#: The version of the tables that this program uses: the last of the migrations.
VERSION: Final = "0002"
#: Seconds to wait for other writers of a SQLite file.
BUSY_TIMEOUT: Final = 10.0
#: Every error of a database, whether SQLAlchemy or SQLite's own module raises it.
DATABASE_ERRORS: Final = (SQLAlchemyError, sqlite3.Error)
#: The database is away, locked, full or read-only, or all connections to it are in use. Use
#: :func:`is_away` to be certain: an internal error may be something else.
NO_DATABASE: Final = (OperationalError, InterfaceError, InternalError, PoolTimeoutError)


class DatabaseURLError(ValueError):
    """The text is not the URL of a database, or of a kind that the site cannot use."""


class NotOurDatabaseError(Exception):
    """The database cannot be used by this version of the program; the text says why."""


class NewerDatabaseError(NotOurDatabaseError):
    """A newer version of the program has used the database."""


class UnversionedDatabaseError(NotOurDatabaseError):
    """The database has tables with our names, but no version."""


def open_database(where: Path | str) -> Engine:
    """Return the database at *where*, with all tables, for use by many threads.

    *where* is a file of SQLite, or a URL: ``sqlite:///FILE`` or ``postgresql://HOST/NAME``, as
    libpq has it. A commit is durable. The database of an older version is migrated, by one process
    at a time. Raises :exc:`DatabaseURLError`, :exc:`.NotOurDatabaseError`, and the errors of
    SQLAlchemy if the database cannot be reached.
    """
    url = _url(where)
    # The values of a statement are personal data, and the error of the statement is logged.
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


def migrate(engine: Engine) -> None:
    """Migrate the database to :data:`VERSION`, in one transaction.

    A database that has this version costs one query. Other processes that open the database wait.
    Raises :exc:`NewerDatabaseError` and :exc:`UnversionedDatabaseError`.
    """
    with engine.connect() as connection:
        if _version(connection) == VERSION:
            return
    with _migration_lock(engine) as connection:
        version = _version(connection)
        if version is None:
            _refuse_unversioned(connection)
        if version != VERSION:
            _upgrade(connection, version)


def ping(engine: Engine) -> None:
    """Query the database; raises one of :data:`DATABASE_ERRORS` if it does not answer."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def is_away(error: BaseException) -> bool:
    """Return whether the database may work later, after this *error*; otherwise it is a bug."""
    if isinstance(error, InternalError):
        state = getattr(error.orig, "sqlstate", None)
        return state is not None and state.startswith(_TRANSACTION_STATE)
    return isinstance(error, NO_DATABASE)


def reason_of(error: Exception) -> str:
    """Return the first line of the driver's message, without the statement and its values.

    The other lines of PostgreSQL have the values of a row.
    """
    message = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    return message.splitlines()[0].rstrip(".") if message else type(error).__name__


_MIGRATIONS: Final = Path(__file__).with_name("migrations")
# As Alembic makes it, under a name that no other program uses.
_VERSION_TABLE: Final = table("sendprofile_site_version", column("version_num", Text()))
# The advisory lock of a migration: a number that hardly any other program uses.
_MIGRATION_LOCK: Final = 0x73656E6470726F66
# The class of PostgreSQL's SQLSTATEs about transactions: read-only after a failover, or idle for
# too long. In psycopg these are internal errors; other errors that pass are operational ones.
_TRANSACTION_STATE: Final = "25"
# Given to PostgreSQL's client unless the URL says otherwise. A server that disappears without a
# message is noticed in half a minute: all in seconds, but the last one in milliseconds.
_LIBPQ: Final = {
    "application_name": "sendprofile-site",
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
# Seconds between two attempts to turn on WAL.
_WAL_RETRY: Final = 0.01


@contextmanager
def _migration_lock(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("BEGIN IMMEDIATE"))
        else:
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
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
            f"The database has tables already ({', '.join(ours)}), but not their version: they "
            "are older than the first version, or of another program. Use a new database, and "
            "import into it again."
        )


def _upgrade(connection: Connection, version: str | None) -> None:
    # Imported here: Alembic takes longer to import than all other modules, and is rarely needed.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection, "version_table": _VERSION_TABLE.name})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise NewerDatabaseError(
            f"The database has version {version}, and this sendprofile-site uses {VERSION}: a "
            "newer sendprofile-site has used it. Upgrade gs.profile.status.send."
        )
    command.upgrade(config, "head")


def _url(where: Path | str) -> URL:
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(where))
    url = _parse(where)
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


def _parse(where: str) -> URL | None:
    try:
        return make_url(where)
    except (ArgumentError, ValueError):
        # The error is dropped: it may have the password in it.
        return None


def _sqlite(url: URL, options: dict[str, Any]) -> Engine:
    # As many connections as Starlette has threads, so that none waits.
    engine = create_engine(url, pool_size=40, max_overflow=0, **options)
    event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _postgresql(url: URL, options: dict[str, Any]) -> Engine:
    # A server has a hundred connections for all processes. Each is tested before it is used,
    # because the server may have been restarted.
    engine = create_engine(
        url,
        pool_size=5,
        max_overflow=5,
        pool_pre_ping=True,
        connect_args={name: value for name, value in _LIBPQ.items() if name not in url.query},
        **options,
    )
    event.listen(engine, "connect", _set_up_postgresql)
    event.listen(engine, "handle_error", _hide_values)
    return engine


_CREATE: Final[dict[str, Callable[[URL, dict[str, Any]], Engine]]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
}


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT * 1000)}")
    _turn_on_wal(cursor)
    # A hand-over that was begun must survive a power failure, or the e-mail would be sent again.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _turn_on_wal(cursor: sqlite3.Cursor) -> None:
    # The trap: here SQLite does not wait. If several processes open a new file at once, all but
    # one get the error that it is locked.
    deadline = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # The low octet is the kind of the error: https://sqlite.org/rescode.html
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(_WAL_RETRY)
        else:
            return


def _set_up_postgresql(connection: "psycopg.Connection", _record: object) -> None:
    # Months are counted in UTC; a commit is durable, as in SQLite.
    connection.execute(
        "SELECT set_config('TimeZone', 'UTC', false), CASE"
        " WHEN current_setting('synchronous_commit') = 'off'"
        " THEN set_config('synchronous_commit', 'on', false) END"
    )
    connection.commit()


def _hide_values(context: ExceptionContext) -> None:
    # PostgreSQL's message has the value that would be a duplicate.
    diagnosis = getattr(context.original_exception, "diag", None)
    detail = getattr(diagnosis, "message_detail", None)
    for error in (context.original_exception, context.sqlalchemy_exception):
        if detail and error is not None:
            error.args = tuple(
                part.replace(detail, "(withheld)") if isinstance(part, str) else part
                for part in error.args
            )

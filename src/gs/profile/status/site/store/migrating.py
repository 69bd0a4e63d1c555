# SPDX-License-Identifier: MIT
"""Brings a database up to date: the tables of an empty one are made, those of an older changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, Text, column, func, inspect, select, table, text

from .tables import METADATA

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

# SPDX-License-Identifier: MIT
"""Opening a database: it is created, upgraded, or refused."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.exc import DatabaseError, OperationalError

from embedded.database import only
from gs.profile.status.site.store import database as opening
from gs.profile.status.site.store.database import (
    VERSION,
    DatabaseURLError,
    NewerDatabaseError,
    NotOurDatabaseError,
    UnversionedDatabaseError,
    open_database,
)
from gs.profile.status.site.store.tables import METADATA
from limits import LIMIT

MIGRATIONS = Path(opening.__file__).with_name("migrations")
VERSION_TABLE = "sendprofile_site_version"

SQLITE_SCHEMA = """
SELECT m.name, i.name, i.type, i."notnull", i.dflt_value, i.pk
FROM sqlite_master m, pragma_table_info(m.name) i WHERE m.type = 'table';
SELECT m.name, f."table", f."from", f."to", f.on_delete
FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table';
SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index';
SELECT name, wr FROM pragma_table_list WHERE schema = 'main'
"""
POSTGRESQL_SCHEMA = """
SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name
FROM information_schema.columns WHERE table_schema = 'public';
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace;
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""
CUT = """
SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname IS NOT NULL
"""


@pytest.fixture
def empty(database, request):
    """Yield the location of a database without any table."""
    if not isinstance(database, str):
        yield database
        return
    with request.getfixturevalue("postgresql").database() as url:
        yield url


def schema(engine):
    queries = SQLITE_SCHEMA if engine.dialect.name == "sqlite" else POSTGRESQL_SCHEMA
    with engine.connect() as connection:
        rows = [
            tuple(row) for query in queries.split(";") for row in connection.execute(text(query))
        ]
    return sorted(str(row) for row in rows if not str(row[0]).startswith(VERSION_TABLE))


def raw(where):
    """Return an engine that does not migrate the database."""
    if isinstance(where, str):
        return create_engine(make_url(where).set(drivername="postgresql+psycopg"))
    return create_engine(f"sqlite:///{where}")


def versions(where):
    engine = raw(where)
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT * FROM {VERSION_TABLE}")).all()
    engine.dispose()
    return [row[0] for row in rows]


def test_the_migrations_create_the_tables_as_declared(empty):
    engine = raw(empty)
    METADATA.create_all(engine)
    described = schema(engine)
    METADATA.drop_all(engine)
    engine.dispose()
    engine = open_database(empty)
    migrated = schema(engine)
    engine.dispose()
    assert len(described) > 80
    assert migrated == described


def test_opening_a_database_again_changes_nothing(empty):
    open_database(empty).dispose()
    engine = open_database(empty)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO person VALUES ('u', 'U', '', NULL, 'en', 'UTC', true)")
        )
    before = schema(engine)
    engine.dispose()
    engine = open_database(empty)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM person")) == 1
    assert schema(engine) == before
    engine.dispose()
    assert versions(empty) == [VERSION]


# A row of each table of version 0001, with a value in each column that later versions drop.
FIRST = """
INSERT INTO site VALUES ('s', 'Site', 'https://s.example', 'help@s.example', '<p>News</p>', false);
INSERT INTO "group" VALUES ('s', 'g', 'Garden', 'secret', 'g@s.example');
INSERT INTO person VALUES ('u', 'Zoë', 'Bio', 'https://p', 'de', 'Europe/Berlin', true);
INSERT INTO membership VALUES ('u', 's', 'g', 'admin');
INSERT INTO topic VALUES ('t', 'g', 's', 'Weir', 'p1', 'p2', '{day} 11:00:00', 2, NULL, '{day}');
INSERT INTO post VALUES
  ('p1', 't', 'g', 's', 'u', '', 'Weir', '{day} 10:00:00', 'Words', '<p>', 'From: u', true, NULL),
  ('p2', 't', 'g', 's', 'u', 'p1', 'Re: Weir', '{day} 11:00:00', 'More', '', '', false, '{day}');
INSERT INTO user_email VALUES ('u', 'u@example.org', true, '{day}');
INSERT INTO undeliverable_email VALUES ('v@example.org', '{day}', '550 unknown');
INSERT INTO group_user_email VALUES ('u', 's', 'g', 'u@example.org');
INSERT INTO email_setting VALUES ('u', 's', 'g', 'digest');
INSERT INTO profile_notification_skip VALUES ('w');
INSERT INTO audit_event VALUES ('a', '{day}', 'gs', '1', 'x', 'u', 's', 'g', '2026-02', 'peer');
INSERT INTO idempotency_key VALUES
  ('k', 'form', 'u', '2026-02', 'w1', '{day}', '{day}', '{day}', '<m@s>', 0, 'Sent');
INSERT INTO option VALUES ('gs.auth.token', 'authToken', '', '', 'secret')
""".replace("{day}", "2026-03-01")


def test_a_database_of_the_first_version_is_upgraded_with_its_data(empty):
    from alembic import command  # noqa: PLC0415 - the program starts without it
    from alembic.config import Config  # noqa: PLC0415

    engine = raw(empty)
    with engine.connect() as connection:
        config = Config(attributes={"connection": connection, "version_table": VERSION_TABLE})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, "0001")
        for statement in FIRST.split(";\n"):
            connection.exec_driver_sql(statement)
        before = contents(connection)
        connection.commit()
    engine.dispose()
    engine = open_database(empty)
    with engine.connect() as connection:
        after = contents(connection)
    engine.dispose()
    assert versions(empty) == [VERSION]
    assert before.keys() - after.keys() == {"group_user_email"}
    for table, rows in after.items():
        assert rows, table
        columns = rows[0].keys()
        assert rows == [{name: row[name] for name in columns} for row in before[table]]
    dropped = {
        f"{table}.{name}"
        for table, rows in after.items()
        for name in before[table][0].keys() - rows[0].keys()
    }
    assert dropped == {
        "audit_event.group_id",
        "audit_event.site_id",
        "audit_event.user_id",
        "idempotency_key.begun",
        "post.has_attachments",
        "post.htmlbody",
        "topic.last_post_id",
        "topic.num_posts",
        "topic.sticky",
    }


def contents(connection):
    """Return the rows of each table, by column name."""
    names = [name for name in inspect(connection).get_table_names() if name != VERSION_TABLE]
    return {
        name: [dict(row) for row in connection.execute(text(f'SELECT * FROM "{name}"')).mappings()]
        for name in names
    }


def test_the_version_is_that_of_the_last_migration():
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - the program starts without it

    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_current_head() == VERSION


def test_a_database_that_is_up_to_date_is_opened_without_alembic(empty):
    open_database(empty).dispose()
    program = (
        "import sys; from pathlib import Path\n"
        "from gs.profile.status.site.store.database import open_database\n"
        "open_database(sys.argv[1] if '://' in sys.argv[1] else Path(sys.argv[1]))\n"
        "assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, str(empty)], check=True, timeout=LIMIT)


def test_a_database_of_a_newer_version_is_refused_and_not_changed(empty):
    open_database(empty).dispose()
    engine = raw(empty)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0099'"))
    before = schema(engine)
    with pytest.raises(NewerDatabaseError, match=r"0099.*Upgrade"):
        open_database(empty)
    assert schema(engine) == before
    engine.dispose()
    assert versions(empty) == ["0099"]


def test_a_database_without_a_version_is_refused_and_not_changed(empty):
    engine = raw(empty)
    with engine.begin() as connection:
        connection.execute(text('CREATE TABLE "group" (id integer)'))
        connection.execute(text("CREATE TABLE another (id integer)"))
    with pytest.raises(UnversionedDatabaseError, match=r"\(group\).*import into it again"):
        open_database(empty)
    assert sorted(inspect(engine).get_table_names()) == ["another", "group"]
    engine.dispose()


def test_tables_of_other_programs_are_not_changed(empty):
    engine = raw(empty)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num text)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('theirs')"))
    open_database(empty).dispose()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "theirs"
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing_behind(empty):
    engine = raw(empty)
    with engine.begin() as connection:
        # The last created index has this name.
        connection.execute(text("CREATE TABLE x (id integer)"))
        connection.execute(text("CREATE INDEX audit_event_of_subsystem ON x (id)"))
    with pytest.raises(DatabaseError):
        open_database(empty)
    assert inspect(engine).get_table_names() == ["x"]
    engine.dispose()


def test_processes_that_create_one_database_wait_for_each_other(empty, tmp_path):
    program = (
        "import sys, time; from pathlib import Path\n"
        "from gs.profile.status.site.store.database import open_database\n"
        "where, go = sys.argv[1], Path(sys.argv[2])\n"
        "print('ready', flush=True)\n"
        "while not go.exists(): time.sleep(0.001)\n"
        "open_database(where if '://' in where else Path(where))"
    )
    go = tmp_path / "go"
    command = [sys.executable, "-c", program, str(empty), str(go)]
    openers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    for opener in openers:
        assert opener.stdout.readline() == "ready\n"
    go.touch()
    result = [opener.communicate(timeout=LIMIT) for opener in openers]
    assert [
        (opener.returncode, output[1]) for opener, output in zip(openers, result, strict=True)
    ] == [(0, "")] * 6
    assert versions(empty) == [VERSION]


@pytest.fixture
def locked_file(tmp_path):
    """Yield a new file of SQLite that another writer without WAL has locked."""
    file = tmp_path / "site.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        yield file, writer


def test_a_file_locked_by_another_process_is_waited_for(locked_file):
    file, writer = locked_file
    ending = threading.Event()

    def end():
        ending.set()
        writer.rollback()

    done = threading.Timer(0.3, end)
    done.start()
    try:
        open_database(file).dispose()
        assert ending.is_set()
    finally:
        done.join(LIMIT)
    assert versions(file) == [VERSION]


def test_a_file_that_stays_locked_is_reported(locked_file, monkeypatch):
    monkeypatch.setattr(opening, "BUSY_TIMEOUT", 0.1)
    with pytest.raises(OperationalError, match="database is locked"):
        open_database(locked_file[0])


@pytest.mark.parametrize(
    "where",
    [
        "mysql://u:secret-word@h/d",
        "postgresql+asyncpg://u:secret-word@h/d",
        "sqlite://",
        "sqlite:///",
        "://",
        "postgresql://u:secret-word@h:port/d",
    ],
)
def test_the_url_of_another_kind_of_database_is_refused_without_its_password(where):
    with pytest.raises(DatabaseURLError) as caught:
        open_database(where)
    result = f"{caught.value!s} {caught.value.__cause__!s} {caught.value.__context__!s}"
    assert "secret-word" not in result


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_a_file_may_be_named_by_its_path_or_its_url(tmp_path, form):
    file = tmp_path / "a site%20 ü.sqlite3"
    open_database(form.format(file).replace("%20", "%2520") if "://" in form else file).dispose()
    assert [path.name for path in tmp_path.glob("*.sqlite3")] == [file.name]


@only("postgresql")
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_may_be_named_in_each_usual_way(empty, scheme):
    engine = open_database(empty.replace("postgresql", scheme, 1))
    assert engine.dialect.driver == "psycopg"
    engine.dispose()


def test_a_missing_client_for_postgresql_is_reported_with_the_extra():
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from gs.profile.status.site.store.database import open_database\n"
        "open_database('postgresql://u@h/d')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=LIMIT
    )
    assert "DatabaseURLError: PostgreSQL needs psycopg: run " in done.stderr


def test_an_unreachable_server_raises_the_error_of_sqlalchemy(tmp_path):
    with pytest.raises(OperationalError):
        open_database(f"postgresql://u@/d?host={tmp_path}")


def test_a_file_that_is_not_a_database_is_reported_and_not_changed(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("These are notes of mine.\n" * 100)
    with pytest.raises(DatabaseError):
        open_database(file)
    assert file.read_text().startswith("These are")


def test_both_refusals_have_one_base_class():
    assert issubclass(NewerDatabaseError, NotOurDatabaseError)
    assert issubclass(UnversionedDatabaseError, NotOurDatabaseError)


@only("postgresql")
def test_a_server_restart_causes_no_error_in_later_transactions(db, postgresql):
    with db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    postgresql.run(CUT)
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1

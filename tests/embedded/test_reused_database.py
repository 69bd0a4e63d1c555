# SPDX-License-Identifier: MIT
"""Each test gets the database as the template is, whatever the previous test changed."""

from urllib.parse import urlsplit

import psycopg
import pytest

from embedded.database import site_database
from embedded.reused_database import ReusedDatabase
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.database import open_database


@pytest.fixture(scope="module")
def reused_database(postgresql):
    name = postgresql.make()
    open_database(postgresql.url(name)).dispose()
    made = ReusedDatabase(postgresql, name)
    yield made
    made.drop()


def add_rows(url):
    with site_database(url) as db:
        db.add_site()
        db.add_group()
        db.add_person("ann", "g")
        db.add_post("ann", "2026-03-01")


def do(*statements):
    def done(url):
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    return done


def name_in(url):
    return urlsplit(url).path.removeprefix("/")


STATISTICS = "SELECT count(*) FROM pg_stats WHERE schemaname = 'public'"
CHANGES = {
    "rows": add_rows,
    "a table": do("CREATE TABLE more (n int)"),
    "a column": do("ALTER TABLE person ADD COLUMN more int"),
    "no table": do("DROP TABLE audit_event"),
    "statistics": lambda url: (add_rows(url), do("ANALYZE")(url)),
    "a setting": lambda url: do(f"ALTER DATABASE {name_in(url)} SET timezone = 'UTC'")(url),
    "the version": do("UPDATE sendprofile_site_version SET version_num = '9'"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes_of_one_test_are_not_visible_in_the_next(reused_database, change):
    with reused_database.empty() as url:
        CHANGES[change](url)
    with (
        reused_database.empty() as again,
        site_database(again) as db,
        db.engine.connect() as connection,
    ):
        # site_database writes the token of the site.
        filled = [table.name for table in tables.METADATA.sorted_tables if db.rows(table)]
        assert filled == ["option"]
        assert connection.exec_driver_sql(STATISTICS).scalar() == 0
    assert (again == url) == (change == "rows")


def test_a_database_with_an_open_connection_is_not_reused(reused_database):
    with reused_database.empty() as url:
        connection = psycopg.connect(url)
    with reused_database.empty() as again:
        assert again != url
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()

# SPDX-License-Identifier: MIT
"""Each test finds the lent database as the template is, whatever the one before did with it."""

from urllib.parse import urlsplit

import psycopg
import pytest

from embedded.database import hamlet
from embedded.reused_database import LentDatabase
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.database import open_database


@pytest.fixture(scope="module")
def lent(postgresql):
    name = postgresql.make()
    open_database(postgresql.url(name)).dispose()
    made = LentDatabase(postgresql, name)
    yield made
    made.drop()


def add_rows(url):
    with hamlet(url) as town:
        town.site()
        town.group()
        town.person("ann", "g")
        town.post("ann", "2026-03-01")


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
def test_changes_of_one_test_are_not_visible_in_the_next(lent, change):
    with lent.empty() as url:
        CHANGES[change](url)
    with lent.empty() as again, hamlet(again) as town, town.engine.connect() as connection:
        # hamlet itself gives the site its token.
        found = [table.name for table in tables.METADATA.sorted_tables if town.rows(table)]
        assert found == ["option"]
        assert connection.exec_driver_sql(STATISTICS).scalar() == 0
    assert (again == url) == (change == "rows")


def test_a_database_with_an_open_connection_is_not_reused(lent):
    with lent.empty() as url:
        connection = psycopg.connect(url)
    with lent.empty() as again:
        assert again != url
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()

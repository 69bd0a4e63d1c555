# SPDX-License-Identifier: MIT
"""Fixtures of the site: databases, a served site, its pages."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from embedded.database import SiteDatabase, site_database
from embedded.live_server import LiveServer, live_server
from embedded.pages import live_pages
from embedded.parts import MARCH, application
from embedded.reused_database import ReusedDatabase
from gs.profile.status.site.delivery import MaildirMailer
from gs.profile.status.site.store.database import open_database
from servers.postgres import Postgres


@pytest.fixture(scope="session")
def template(postgresql: Postgres) -> str:
    """Return the name of a template database with empty tables."""
    name = postgresql.make()
    open_database(postgresql.url(name)).dispose()
    return name


@pytest.fixture(scope="session")
def reused_database(postgresql: Postgres, template: str) -> Iterator[ReusedDatabase]:
    """Yield a database that is emptied and reused between tests."""
    made = ReusedDatabase(postgresql, template)
    yield made
    made.drop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    """Yield the location of an empty database; the test runs with each kind.

    A test for one kind is marked with ``only("sqlite")`` of ``embedded.database``.
    """
    if request.param == "sqlite":
        yield tmp_path / "site.sqlite3"
        return
    reused_database: ReusedDatabase = request.getfixturevalue("reused_database")
    with reused_database.empty() as url:
        yield url


@pytest.fixture
def db(database: Path | str) -> Iterator[SiteDatabase]:
    """Yield the database of a site "s" with a group "g" and without members."""
    with site_database(database) as made:
        made.add_site()
        made.add_group()
        yield made


@pytest.fixture
def start(db: SiteDatabase, tmp_path: Path) -> Callable[..., AbstractContextManager[LiveServer]]:
    """Return a context manager that serves the site with a mailer and a period."""

    @contextmanager
    def made(mailer=None, period=MARCH, scope=""):
        mailer = mailer or MaildirMailer(tmp_path / "Maildir")
        with application(db.engine, mailer, period, scope) as app, live_server(app) as running:
            yield running

    return made


@pytest.fixture
def site(start: Callable[..., AbstractContextManager[LiveServer]]) -> Iterator[LiveServer]:
    """Serve the site."""
    with start() as running:
        yield running


@pytest.fixture
def mails(tmp_path: Path) -> Callable[[], list[Path]]:
    """Return a function that lists the filed mails."""
    return lambda: list((tmp_path / "Maildir").glob("new/*"))


@pytest.fixture
def pages(db: SiteDatabase) -> Iterator[LiveServer]:
    """Serve the pages of the site with the members Ann and Bob."""
    db.add_person("ann", "g", name="Ann Other")
    db.add_person("bob", "g", name="Bob")
    with live_pages(db.engine) as running:
        yield running

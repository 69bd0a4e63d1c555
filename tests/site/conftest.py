# SPDX-License-Identifier: MIT
"""The sites that the tests of the site may ask for."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from embedded.database import Hamlet, hamlet
from embedded.live_server import Served, served
from embedded.pages import served_pages
from embedded.parts import MARCH, application
from embedded.reused_database import LentDatabase
from gs.profile.status.site.delivery import MaildirMailer
from gs.profile.status.site.store.database import open_database
from servers.postgres import Postgres


@pytest.fixture(scope="session")
def template(postgresql: Postgres) -> str:
    """Give the name of a database with our tables, all empty, to make copies of."""
    name = postgresql.make()
    open_database(postgresql.url(name)).dispose()
    return name


@pytest.fixture(scope="session")
def lent(postgresql: Postgres, template: str) -> Iterator[LentDatabase]:
    """Give a database that is lent to one test after the other, and emptied in between."""
    made = LentDatabase(postgresql, template)
    yield made
    made.drop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    """Give where an empty database is: the test is run with each kind.

    A test of one kind alone is parametrized with ``only("sqlite")``, of ``embedded.database``.
    """
    if request.param == "sqlite":
        yield tmp_path / "site.sqlite3"
        return
    lent: LentDatabase = request.getfixturevalue("lent")
    with lent.empty() as url:
        yield url


@pytest.fixture
def town(database: Path | str) -> Iterator[Hamlet]:
    """Give a site "s" with a group "g", and nobody in it."""
    with hamlet(database) as made:
        made.site()
        made.group()
        yield made


@pytest.fixture
def start(town: Hamlet, tmp_path: Path) -> Callable[..., AbstractContextManager[Served]]:
    """Give a function that serves the town, with a mailer and for a period."""

    @contextmanager
    def made(mailer=None, period=MARCH, scope=""):
        mailer = mailer or MaildirMailer(tmp_path / "Maildir")
        with application(town.engine, mailer, period, scope) as app, served(app) as running:
            yield running

    return made


@pytest.fixture
def site(start: Callable[..., AbstractContextManager[Served]]) -> Iterator[Served]:
    """Give the town, served."""
    with start() as running:
        yield running


@pytest.fixture
def mails(tmp_path: Path) -> Callable[[], list[Path]]:
    """Give a function that lists the mails handed over."""
    return lambda: list((tmp_path / "Maildir").glob("new/*"))


@pytest.fixture
def pages(town: Hamlet) -> Iterator[Served]:
    """Give the pages of the town, where Ann and Bob live."""
    town.person("ann", "g", name="Ann Other")
    town.person("bob", "g", name="Bob")
    with served_pages(town.engine) as running:
        yield running

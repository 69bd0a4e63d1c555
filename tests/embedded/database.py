# SPDX-License-Identifier: MIT
"""A small site in a real database, which a test fills row by row."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine, event

from gs.profile.status.site.store import tables
from gs.profile.status.site.store.archive import add, refresh_topics
from gs.profile.status.site.store.database import open_database
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.options import Option, write_option

TOKEN = "a-token-of-32-characters-or-so"
VERIFIED = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class SiteDatabase:
    """Adds rows with defaults; each row is committed at once."""

    engine: Engine

    def __post_init__(self):
        self._numbers = count(1)
        with self.engine.begin() as connection:
            write_option(connection, Option.TOKEN, TOKEN)

    def insert(self, table, **row):
        with self.engine.begin() as connection:
            add(connection, table, [row])

    def add_site(self, site_id="s", title="Site", *, skipped=False):
        self.insert(
            tables.SITE,
            site_id=site_id,
            title=title,
            url=f"https://{site_id}.example",
            support_email=f"support@{site_id}.example",
            skipped=skipped,
        )

    def add_group(self, group_id="g", site_id="s", title=None, privacy="public"):
        self.insert(
            tables.GROUP,
            site_id=site_id,
            group_id=group_id,
            title=title or group_id,
            privacy=privacy,
            email=f"{group_id}@{site_id}.example",
        )
        return GroupKey(site_id, group_id)

    def add_person(self, user_id, *groups, name=None, photo=None, email=True, removed=False):
        if not removed:
            self.insert(tables.PERSON, user_id=user_id, name=name or user_id, photo=photo)
        for place in ("", *groups):
            self.add_membership(user_id, place)
        if email:
            self.add_address(user_id, f"{user_id}@example.org")

    def add_membership(self, user_id, group_id, site_id="s", role="member"):
        self.insert(
            tables.MEMBERSHIP, user_id=user_id, site_id=site_id, group_id=group_id, role=role
        )

    def add_address(self, user_id, email, *, verified=VERIFIED, preferred=True):
        self.insert(
            tables.USER_EMAIL,
            user_id=user_id,
            email=email,
            verified_date=verified,
            is_preferred=preferred,
        )

    def add_post(self, user_id, date, topic="t", group_id="g", site_id="s", **row):
        """Add a post on *date* (``YYYY-MM-DD``, or with a time), and its topic if it is new."""
        moment = datetime.fromisoformat(date).replace(tzinfo=UTC)
        post_id = f"post{next(self._numbers)}"
        place = {"group_id": group_id, "site_id": site_id}
        post = {"user_id": user_id, "date": moment, "body": "Words.", "subject": topic, **row}
        with self.engine.begin() as connection:
            if not self._has_topic(connection, topic):
                first = {"topic_id": topic, "original_subject": topic}
                first |= {"first_post_id": post_id}
                add(connection, tables.TOPIC, [{**first, **place, "last_post_date": moment}])
            add(
                connection, tables.POST, [{**post, **place, "post_id": post_id, "topic_id": topic}]
            )
            refresh_topics(connection, [topic])
        return post_id

    def _has_topic(self, connection, topic):
        rows = connection.execute(tables.TOPIC.select())
        return any(row.topic_id == topic for row in rows)

    def rows(self, table):
        with self.engine.connect() as connection:
            return connection.execute(table.select()).all()

    @contextmanager
    def queries(self) -> Iterator[list[str]]:
        """Yield a list to which each executed statement is appended."""
        statements = []

        def record(_connection, _cursor, statement, *_rest):
            statements.append(statement)

        event.listen(self.engine, "before_cursor_execute", record)
        try:
            yield statements
        finally:
            event.remove(self.engine, "before_cursor_execute", record)


def only(kind: str) -> pytest.MarkDecorator:
    """Return a mark: run the test with one *kind* of database only."""
    return pytest.mark.parametrize("database", [kind], indirect=True)


@contextmanager
def site_database(where: Path | str) -> Iterator[SiteDatabase]:
    """Yield an empty site in the database *where*: a URL, or a folder or file of SQLite."""
    if isinstance(where, Path):
        where = where / "site.sqlite3" if where.is_dir() else where
        if not where.exists():
            where.write_bytes(_empty_file())
    engine = open_database(where)
    try:
        yield SiteDatabase(engine)
    finally:
        engine.dispose()


@cache
def _empty_file() -> bytes:
    """Return the file of an empty site; creating the tables for each test is slow."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "site.sqlite3"
        open_database(file).dispose()
        return file.read_bytes()

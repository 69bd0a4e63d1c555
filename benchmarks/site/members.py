# SPDX-License-Identifier: MIT
"""Adds members to a site with imported archives: to be mailed, to be skipped, or very many.

It uses SQLite only: with the code of the site, this process would exceed what it measures.
"""

import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from benchmarks.member_lists import ids

_MOST: Final = 6  # groups of a member
_MOMENT: Final = "2026-01-01 00:00:00.000000"
_LANGUAGES: Final = ("en", "en", "en", "de", "fr", "es")
_ZONES: Final = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")
_SITE_ITSELF: Final = ""

_PERSON: Final = (
    "INSERT INTO person (user_id, name, biography, language, timezone, logged_in)"
    " VALUES (?, ?, 'I have been here for a while.', ?, ?, 1)"
)
_EMAIL: Final = (
    "INSERT INTO user_email (user_id, email, is_preferred, verified_date) VALUES (?, ?, 1, ?)"
)
_PLACE: Final = "INSERT INTO membership (user_id, site_id, group_id, role) VALUES (?, ?, ?, ?)"
_ACTIVE: Final = "SELECT DISTINCT group_id FROM post WHERE date >= ? AND date < ? ORDER BY 1"
_MANY: Final = """
INSERT INTO membership (user_id, site_id, group_id, role)
WITH RECURSIVE one (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM one WHERE number < ?)
SELECT printf('%08x%014d', number * 2654435761 % 4294967296, number) AS id,
       site_id, place, 'member'
FROM one, site, (SELECT '' AS place UNION SELECT min(group_id) FROM "group") ORDER BY id, place
"""
_QUIET: Final = """
INSERT INTO "group" (site_id, group_id, title, privacy, email)
SELECT site_id, ?, ?, 'public', ? FROM site
"""


def mail_all(site: Path, count: int, period: str) -> None:
    """Make *count* members of 1 to 6 groups, who all get a mail about *period*.

    Authors of posts are among them and stay in their groups.
    """
    with closing(sqlite3.connect(site / "site.sqlite3")) as database, database:
        groups = [row[0] for row in database.execute('SELECT group_id FROM "group" ORDER BY 1')]
        months = f"{period}-01", f"{period}-32"
        active = [row[0] for row in database.execute(_ACTIVE, months)]
        before: dict[str, set[str]] = {}
        for user_id, group in database.execute(
            "SELECT user_id, group_id FROM membership WHERE group_id <> '' ORDER BY 1, 2"
        ):
            before.setdefault(user_id, set()).add(group)
        senders = dict(list(before.items())[:count])
        new = list(ids(count - len(senders)))
        database.execute("DELETE FROM membership")
        _add_people(database, new, _MOMENT)
        drawn = _drawn([*senders.values(), *(set() for _ in new)], groups, active)
        _add_places(database, zip([*senders, *new], drawn, strict=True))


def skip_all(site: Path, count: int, *, verified: bool) -> None:
    """Make *count* members of 1 to 6 groups without a post, who are all skipped.

    If their addresses are not *verified*, the groups are those with posts.
    """
    with closing(sqlite3.connect(site / "site.sqlite3")) as database, database:
        groups = [row[0] for row in database.execute('SELECT group_id FROM "group" ORDER BY 1')]
        if verified:
            groups = [f"quiet-{number}" for number in range(_MOST)]
            values = [(name, name.title(), f"{name}@example.org") for name in groups]
            database.executemany(_QUIET, values)
        new = list(ids(count))
        database.execute("DELETE FROM membership")
        _add_people(database, new, _MOMENT if verified else None)
        _add_places(database, zip(new, _drawn((set() for _ in new), groups, groups), strict=True))


def add_many(site: Path, count: int) -> None:
    """Make *count* members of one group without any other data."""
    with closing(sqlite3.connect(site / "site.sqlite3")) as database, database:
        database.execute("DELETE FROM membership")
        database.execute(_MANY, (count - 1,))


def _drawn(begun: Iterable[set[str]], groups: list[str], active: list[str]) -> Iterator[list[str]]:
    # The groups of each member: the present ones, an active one, and others.
    chance = random.Random(1)  # noqa: S311 - nothing is kept secret
    for mine in begun:
        count = chance.randint(1, min(_MOST, len(groups)))
        if not mine & set(active):
            mine.add(chance.choice(active))
        others = chance.sample(groups, len(groups))
        yield sorted(mine) + [one for one in others if one not in mine][: count - len(mine)]


def _add_people(database: sqlite3.Connection, new: list[str], verified: str | None) -> None:
    chance = random.Random(2)  # noqa: S311 - nothing is kept secret
    people, emails = [], []
    for number, user_id in enumerate(new):
        name = f"Person {number}"
        people.append((user_id, name, chance.choice(_LANGUAGES), chance.choice(_ZONES)))
        emails.append((user_id, f"person-{number}@example.org", verified))
    database.executemany(_PERSON, people)
    database.executemany(_EMAIL, emails)


def _add_places(database: sqlite3.Connection, places: Iterable[tuple[str, list[str]]]) -> None:
    (site_id,) = database.execute("SELECT site_id FROM site").fetchone()
    database.executemany(
        _PLACE,
        (
            (user_id, site_id, group, "member")
            for user_id, groups in places
            for group in [_SITE_ITSELF, *groups]
        ),
    )

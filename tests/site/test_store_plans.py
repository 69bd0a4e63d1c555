# SPDX-License-Identifier: MIT
"""No query scans a whole table: each uses an index."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text

from gs.profile.status.hooks import HookReply, Period, Status
from gs.profile.status.site.store.audit import count_events
from gs.profile.status.site.store.calls import (
    CallRecord,
    Doubt,
    IdempotencyKey,
    abandon_calls,
    begin_calls,
    find_calls,
    find_doubts,
    finish_calls,
    release_calls,
    resolve_doubt,
)
from gs.profile.status.site.store.members import (
    find_addresses_of,
    find_people,
    find_places_of,
    list_members,
    opt_in,
    opt_out,
)
from gs.profile.status.site.store.options import Option, read_option

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = IdempotencyKey("k", "form")
SENT = HookReply(Status.SENT, "Sent")
MARCH = Period(2026, 3)
BEGUN = CallRecord(KEY, "u", MARCH, SENT, "1", NOON, message_id="<m@x>")
FINISHED = CallRecord(KEY, "u", MARCH, SENT, finished=NOON)
DOUBT = Doubt("k", "u", MARCH, "1", NOON, "<m@x>")

QUERIES = {
    "a page of members": lambda c: list_members(c, "m", 100),
    "people": lambda c: find_people(c, ["a", "b"]),
    "places": lambda c: find_places_of(c, ["u", "b"]),
    "addresses": lambda c: find_addresses_of(c, ["a", "b"]),
    "known calls": lambda c: find_calls(c, ["a", "b"]),
    "a call begun": lambda c: begin_calls(c, [BEGUN], {"k": "0"}),
    "a call released": lambda c: release_calls(c, "1", ["k"]),
    "a call finished": lambda c: finish_calls(c, [FINISHED]),
    "doubts": find_doubts,
    "a doubt resolved": lambda c: resolve_doubt(c, DOUBT, NOON, sent=True),
    "a call abandoned": lambda c: abandon_calls(c, "1", ["k"]),
    "opting out": lambda c: opt_out(c, "u"),
    "opting in": lambda c: opt_in(c, "u"),
    "events counted": count_events,
    "an option": lambda c: read_option(c, Option.TOKEN),
}
# The site table has few rows; the list of skipped sites is read once per page.
SCANS = re.compile(
    r"SCAN (?!site\b|CONSTANT ROW)(?!.*USING (?:COVERING )?INDEX)|Seq Scan on (?!site\b)"
)


@pytest.fixture
def plans(db):
    """Return a function that runs a query function and returns its query plans."""
    db.add_person("u", "g")

    def made(query):
        result = []

        def record(_connection, _cursor, statement, parameters, _context, executemany):
            if not statement.startswith(("EXPLAIN", "SET")):
                result.append((statement, parameters[0] if executemany else parameters))

        with db.engine.connect() as connection:
            event.listen(db.engine, "before_cursor_execute", record)
            query(connection)
            event.remove(db.engine, "before_cursor_execute", record)
            assert result
            explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
            if connection.dialect.name == "postgresql":
                # PostgreSQL scans small tables, so the test turns scans off where an index exists.
                connection.execute(text("SET enable_seqscan = off"))
            return [
                str(row)
                for statement, parameters in result
                for row in connection.exec_driver_sql(explain + statement, parameters)
            ]

    return made


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_each_query_uses_an_index(plans, query):
    assert [row for row in plans(query) if SCANS.search(row)] == []


def test_a_full_table_scan_is_detected(plans):
    result = plans(lambda c: c.execute(text("SELECT * FROM person WHERE name = 'x'")))
    assert any(SCANS.search(row) for row in result)


def test_the_posts_of_a_group_and_period_use_an_index(plans):
    query = (
        "SELECT user_id FROM post WHERE site_id = 's' AND group_id = 'g' AND date > '2026-01-01'"
    )
    result = plans(lambda c: c.execute(text(query)))
    assert any("post_of_group" in row for row in result)

# SPDX-License-Identifier: MIT
"""The tables and their values, the same in each kind of database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from embedded.database import only
from gs.profile.status.hooks import Period
from gs.profile.status.site.addresses import fold
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.archive import find_owners
from gs.profile.status.site.store.audit import (
    TOKEN_SUBSYSTEM,
    Event,
    count_events,
    record_events,
    wrong_token,
)
from gs.profile.status.site.store.options import Option, read_option, write_option
from gs.profile.status.site.store.posts import TimeSpan, count_by_month

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

GROUPSERVER = {
    "post": "post_id topic_id group_id site_id user_id in_reply_to subject date body header "
    "hidden",
    "topic": "topic_id group_id site_id original_subject first_post_id last_post_date hidden",
    "user_email": "user_id email is_preferred verified_date",
    "email_setting": "user_id site_id group_id setting",
    "profile_notification_skip": "user_id",
    "audit_event": "id event_date subsystem event_code instance_user_id instance_datum "
    "supplementary_datum",
    "option": "component_id option_id site_id group_id value",
}


@pytest.mark.parametrize(("table", "columns"), GROUPSERVER.items())
def test_the_tables_of_groupserver_have_the_used_columns(table, columns):
    assert list(tables.METADATA.tables[table].columns.keys()) == columns.split()


@only("sqlite")
def test_sqlite_is_set_up_for_many_readers(db):
    with db.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2  # FULL
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("PRAGMA busy_timeout")) == 10000


@only("postgresql")
def test_postgresql_uses_utc_and_is_durable_whatever_the_server_settings(db, postgresql):
    postgresql.run(
        f"ALTER DATABASE {db.engine.url.database} SET synchronous_commit = off",
    )
    db.engine.dispose()
    with db.engine.connect() as connection:
        assert connection.scalar(text("SHOW timezone")) == "UTC"
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"
        connection.rollback()
        assert connection.scalar(text("SHOW timezone")) == "UTC"


@only("postgresql")
def test_postgresql_orders_every_text_by_code_point_and_keeps_moments_with_their_zone(
    db,
):
    query = text(
        "SELECT table_name, column_name, data_type, collation_name"
        " FROM information_schema.columns WHERE table_schema = 'public'"
    )
    with db.engine.connect() as connection:
        rows = connection.execute(query).all()
    ours = [row for row in rows if row.table_name in tables.METADATA.tables]
    assert {row.data_type for row in ours} == {
        "text",
        "boolean",
        "integer",
        "timestamp with time zone",
    }
    assert {row.collation_name for row in ours if row.data_type == "text"} == {"C"}


def test_a_moment_is_returned_in_utc(db):
    east = NOON.astimezone(timezone(timedelta(hours=13)))
    db.add_address("u", "u@example.org", verified=east)
    (row,) = db.rows(tables.USER_EMAIL)
    assert row.verified_date == NOON
    assert row.verified_date.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused(db):
    with pytest.raises(StatementError):
        db.add_address("u", "u@example.org", verified=datetime(2026, 3, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Zoë 你好 \U0001f600", "Zoë 你好 \U0001f600"),
        ("a\0b", "a\ufffdb"),
        ("\ud800\udfff é", "\ufffd\ufffd é"),
        ("\r\n\x01\x1b\u202e", "\r\n\x01\x1b\u202e"),
        ("%s %(x)s :x ' \" \\ ?", "%s %(x)s :x ' \" \\ ?"),
        ("", ""),
    ],
)
def test_a_text_is_stored_without_unsupported_characters(db, given, kept):
    db.add_person("u", "g", name=given or "", email=False)
    with db.engine.connect() as connection:
        name = connection.scalar(select(tables.PERSON.c.name))
        again = connection.scalar(select(tables.PERSON.c.user_id).filter_by(name=given))
    assert (name, again) == (kept or "u", "u" if given else None)


def test_an_address_belongs_to_one_person_in_any_case(db):
    db.add_address("u", "u@example.org")
    with pytest.raises(IntegrityError):
        db.add_address("v", "U@Example.org")


def test_non_ascii_letters_are_case_sensitive(db):
    db.add_address("u", "ü@example.org")
    db.add_address("v", "Ü@example.org")
    assert len(db.rows(tables.USER_EMAIL)) == 2


def test_a_post_needs_its_group(db):
    with pytest.raises(IntegrityError):
        db.add_post("u", "2026-03-01", group_id="nosuch")


def test_the_error_of_a_statement_contains_no_values(db):
    db.add_address("user-77", "secret@example.org")
    with pytest.raises(DBAPIError) as caught:
        db.add_address("user-78", "secret@example.org")
    given = f"{caught.value!s}{caught.value!r}{caught.value.orig!s}{caught.value.orig!r}"
    assert "user_email" in given
    assert "secret" not in given
    assert "user-78" not in given


def test_an_option_can_be_replaced_and_deleted(db):
    with db.engine.begin() as connection:
        write_option(connection, Option.PERIOD, "2026-01")
        write_option(connection, Option.PERIOD, "2026-02")
        assert read_option(connection, Option.PERIOD) == "2026-02"
        write_option(connection, Option.PERIOD, None)
        assert read_option(connection, Option.PERIOD) is None
        assert read_option(connection, Option.TOKEN) is not None


def test_an_option_of_the_instance_is_not_that_of_a_site(db):
    component, name = Option.PERIOD.value
    row = {
        "component_id": component,
        "option_id": name,
        "site_id": "s",
        "value": "2020-01",
    }
    db.insert(tables.OPTION, **row)
    with db.engine.begin() as connection:
        assert read_option(connection, Option.PERIOD) is None
        write_option(connection, Option.PERIOD, "2026-01")
        write_option(connection, Option.PERIOD, None)
    assert "2020-01" in {row.value for row in db.rows(tables.OPTION)}


def test_no_two_options_have_the_same_place():
    assert len({option.value for option in Option}) == len(Option)


def test_an_event_is_audited_with_its_member(db):
    with db.engine.begin() as connection:
        record_events(
            connection, [Event(NOON, "1", "u1", "2026-02"), wrong_token(NOON, "h", "p", 1)]
        )
        record_events(connection, [])
        assert count_events(connection) == {"1": 1}
        assert count_events(connection, TOKEN_SUBSYSTEM) == {"1": 1}
    sent, wrong = sorted(db.rows(tables.AUDIT_EVENT), key=lambda row: row.subsystem, reverse=True)
    assert (sent.event_date, sent.instance_user_id, sent.instance_datum) == (
        NOON,
        "u1",
        "2026-02",
    )
    assert wrong.instance_user_id is None
    assert (wrong.instance_datum, wrong.supplementary_datum) == ("h", "p")


def test_many_threads_write_at_once(db):
    def write(number):
        with db.engine.begin() as connection:
            record_events(connection, [Event(NOON, "1", f"u{number}", "2026-02")] * 3)

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(write, range(60)))
    with db.engine.connect() as connection:
        assert count_events(connection) == {"1": 180}


@pytest.mark.parametrize("address", ["Jane@Example.org", "JÜRGEN@straße.example"])
def test_the_owner_of_an_address_is_found_in_any_case(db, address):
    db.add_address("u1", address)
    with db.engine.connect() as connection:
        assert find_owners(connection, [address]) == {fold(address): "u1"}
        assert find_owners(connection, [fold(address)]) == {fold(address): "u1"}


def test_a_hidden_post_and_one_in_a_hidden_topic_are_in_no_month(db):
    db.add_post("u", "2026-03-01")
    db.add_post("u", "2026-03-01", hidden=NOON)
    db.add_post("u", "2026-04-01", topic="other")
    with db.engine.begin() as connection:
        assert count_by_month(connection) == {Period(2026, 3): 1, Period(2026, 4): 1}
        connection.execute(
            update(tables.TOPIC).where(tables.TOPIC.c.topic_id == "other").values(hidden=NOON)
        )
        assert count_by_month(connection) == {Period(2026, 3): 1}


@given(st.dates(date(2, 1, 1), date(9998, 12, 31)))
def test_a_day_is_within_the_span_of_its_month(day):
    span = TimeSpan.of(Period.of(day))
    assert span.since <= datetime(day.year, day.month, day.day, tzinfo=UTC) < span.until

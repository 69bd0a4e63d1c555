# SPDX-License-Identifier: MIT
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.schema import CreateTable

from gs.profile.status.site.store import tables
from gs.profile.status.site.store.audit import count_events, record_event
from gs.profile.status.site.store.members import (
    count_members,
    find_addresses,
    find_person,
    find_places,
    list_members,
)
from gs.profile.status.site.store.options import Option, read_option, write_option
from gs.profile.status.site.summary import Delivery

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

GROUPSERVER = {
    "post": "post_id topic_id group_id site_id user_id in_reply_to subject date body htmlbody "
    "header has_attachments hidden",
    "topic": "topic_id group_id site_id original_subject first_post_id last_post_id "
    "last_post_date num_posts hidden sticky",
    "user_email": "user_id email is_preferred verified_date",
    "group_user_email": "user_id site_id group_id email",
    "email_setting": "user_id site_id group_id setting",
    "profile_notification_skip": "user_id",
    "audit_event": "id event_date subsystem event_code user_id instance_user_id site_id group_id "
    "instance_datum supplementary_datum",
    "option": "component_id option_id site_id group_id value",
}


@pytest.mark.parametrize(("table", "columns"), GROUPSERVER.items())
def test_a_table_of_groupserver_has_its_columns(table, columns):
    assert list(tables.METADATA.tables[table].columns.keys()) == columns.split()


@pytest.mark.parametrize("table", tables.METADATA.sorted_tables, ids=str)
def test_postgresql_could_have_the_table_too(table):
    assert str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_dates_are_timestamptz_in_postgresql():
    made = str(CreateTable(tables.POST).compile(dialect=postgresql.dialect()))
    assert "date TIMESTAMP WITH TIME ZONE NOT NULL" in made


def test_sqlite_is_set_up_for_many_readers(town):
    with town.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("PRAGMA busy_timeout")) == 10000


def test_a_moment_comes_back_in_utc_whatever_its_zone(town):
    east = NOON.astimezone(timezone(timedelta(hours=13)))
    town.address("u", "u@example.org", verified=east)
    (row,) = town.rows(tables.USER_EMAIL)
    assert row.verified_date == NOON
    assert row.verified_date.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused(town):
    with pytest.raises(StatementError):
        town.address("u", "u@example.org", verified=datetime(2026, 3, 1))  # noqa: DTZ001


def test_an_address_is_one_persons_whatever_its_case(town):
    town.address("u", "u@example.org")
    with pytest.raises(IntegrityError):
        town.address("v", "U@Example.org")


def test_a_post_needs_its_group(town):
    with pytest.raises(IntegrityError):
        town.post("u", "2026-03-01", group_id="nosuch")


def test_members_are_listed_once_page_by_page(town):
    town.group("h")
    for user_id in "dacb":
        town.person(user_id, "g", "h")
    with town.engine.connect() as connection:
        assert list_members(connection, "", 3) == ["a", "b", "c"]
        assert list_members(connection, "c", 3) == ["d"]
        assert list_members(connection, "d", 3) == []
        assert count_members(connection) == 4


def test_members_of_skipped_sites_alone_are_not_listed(town):
    town.site("closed", skipped=True)
    town.group("board", "closed")
    town.join("boss", "board", "closed")
    town.person("u", "g")
    town.join("u", "board", "closed")
    with town.engine.connect() as connection:
        assert list_members(connection, "", 9) == ["u"]
        assert count_members(connection) == 1
        assert [place.group_id for place in find_places(connection, "u")] == ["", "g"]
        assert find_places(connection, "boss") == []


@pytest.mark.parametrize(
    ("verified", "preferred", "deliverable"),
    [(NOON, True, True), (NOON, False, False), (None, True, False), (None, False, False)],
)
def test_mail_goes_to_an_address_that_is_verified_and_preferred(
    town, verified, preferred, deliverable
):
    town.person("u", email=False)
    town.address("u", "u@example.org", verified=verified, preferred=preferred)
    with town.engine.connect() as connection:
        assert find_person(connection, "u").deliverable is deliverable


def test_addresses_are_told_apart(town):
    town.address("u", "b@example.org")
    town.address("u", "a@example.org")
    town.address("u", "c@example.org", preferred=False)
    town.address("u", "d@example.org", verified=None)
    with town.engine.connect() as connection:
        found = find_addresses(connection, "u")
    assert found.preferred == ("a@example.org", "b@example.org")
    assert found.other == ("c@example.org",)
    assert found.unverified == ("d@example.org",)


@pytest.mark.parametrize(
    ("setting", "delivery"),
    [
        ("digest", Delivery.DIGEST),
        ("webonly", Delivery.WEB_ONLY),
        ("from another version", Delivery.EACH_POST),
    ],
)
def test_the_setting_of_a_group_is_the_delivery_there(town, setting, delivery):
    town.group("h")
    town.person("u", "g", "h")
    town.insert(tables.EMAIL_SETTING, user_id="u", site_id="s", group_id="g", setting=setting)
    with town.engine.connect() as connection:
        places = {place.group_id: place.delivery for place in find_places(connection, "u")}
    assert places == {"": Delivery.EACH_POST, "g": delivery, "h": Delivery.EACH_POST}


def test_an_option_is_replaced_and_forgotten(town):
    with town.engine.begin() as connection:
        write_option(connection, Option.PERIOD, "2026-01")
        write_option(connection, Option.PERIOD, "2026-02")
        assert read_option(connection, Option.PERIOD) == "2026-02"
        write_option(connection, Option.PERIOD, None)
        assert read_option(connection, Option.PERIOD) is None
        assert read_option(connection, Option.TOKEN) is not None


def test_many_threads_write_at_once(town):
    def write(number):
        with town.engine.begin() as connection:
            record_event(connection, NOON, "1", f"u{number}", "2026-02")

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(write, range(200)))
    with town.engine.connect() as connection:
        assert count_events(connection) == {"1": 200}

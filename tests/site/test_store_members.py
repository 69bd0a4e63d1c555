# SPDX-License-Identifier: MIT
"""The list of members, and the batch queries about many members."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from embedded.database import VERIFIED
from gs.profile.status.site.model import Addresses, EmailSetting
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.members import (
    Person,
    count_members,
    find_addresses_of,
    find_people,
    find_places_of,
    list_members,
    mark_undeliverable,
    opt_in,
    opt_out,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Refused:
    address: str
    reply: str = "550 no such user"


@pytest.fixture
def connection(db):
    with db.engine.connect() as made:
        yield made


def pages(connection, limit):
    """Return all pages of the list."""
    result, last = [], ""
    while page := list_members(connection, last, limit):
        assert len(page) <= limit
        result.append(page)
        last = page[-1]
    return result


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_members_are_listed_once_page_by_page(db, connection, limit):
    db.add_group("h")
    for user_id in "dacb":
        db.add_person(user_id, "g", "h")
    assert [one for page in pages(connection, limit) for one in page] == ["a", "b", "c", "d"]
    assert count_members(connection) == 4


def test_members_are_listed_by_code_point(db, connection):
    ids = ["A", "Z", "a", "aB", "ab", "z", "É", "é", "\U0001f600", "-", "9", "a b", "~"]
    for user_id in ids:
        db.add_membership(user_id, "g")
    assert [one for page in pages(connection, 3) for one in page] == sorted(ids)


def test_members_of_skipped_sites_alone_are_not_listed(db, connection):
    db.add_site("closed", skipped=True)
    db.add_group("board", "closed")
    db.add_membership("boss", "board", "closed")
    db.add_person("u", "g")
    db.add_membership("u", "board", "closed")
    assert list_members(connection, "", 9) == ["u"]
    assert count_members(connection) == 1
    places = find_places_of(connection, ["u", "boss"])
    assert {user_id: [place.group_id for place in them] for user_id, them in places.items()} == {
        "u": ["", "g"]
    }


def test_the_list_continues_after_many_skipped_members(db, connection):
    db.add_site("closed", skipped=True)
    for number in range(40):
        db.add_membership(f"u{number:02}", "", "closed" if number in {20, 21, 22, 30} else "s")
    with db.engine.begin() as writing:
        for number in (*range(1, 20), 23, 31, 39):
            opt_out(writing, f"u{number:02}")
    listed = [0, *range(24, 30), *range(32, 39)]
    for limit in (1, 4, 7, 100):
        result = [one for page in pages(connection, limit) for one in page]
        assert result == [f"u{number:02}" for number in listed]
    assert count_members(connection) == len(listed)


def test_opting_out_and_in_changes_the_list(db):
    db.add_person("u", "g")
    db.insert(tables.PERSON, user_id="v", name="Vera")
    with db.engine.begin() as connection:
        assert opt_out(connection, "u")
        assert not opt_out(connection, "u")
        assert list_members(connection, "", 9) == []
        assert count_members(connection) == 0
        result = find_people(connection, ["u", "v"])
        assert (result["u"].opted_out, result["v"].opted_out) == (True, False)
    with db.engine.begin() as connection:
        assert opt_in(connection, "u")
        assert not opt_in(connection, "u")
        assert list_members(connection, "", 9) == ["u"]
        assert not find_people(connection, ["u"])["u"].opted_out


def test_people_are_read_with_all_fields(db, connection):
    row = {
        "biography": "Words.",
        "photo": "https://p",
        "language": "de",
        "logged_in": True,
    }
    db.insert(tables.PERSON, user_id="u", name="Ulla", timezone="Europe/Berlin", **row)
    db.insert(tables.PERSON, user_id="v", name="Vera")
    assert find_people(connection, ["u", "v", "nobody", ""]) == {
        "u": Person(
            "u",
            "Ulla",
            "Words.",
            "https://p",
            "de",
            "Europe/Berlin",
            logged_in=True,
            opted_out=False,
        ),
        "v": Person("v", "Vera", "", None, "en", "UTC", logged_in=False, opted_out=False),
    }


@pytest.mark.parametrize("user_id", ["a\0", "\ud800", "", "a" * 100_000, "' OR 1=1 --"])
def test_an_invalid_id_is_not_a_person(db, connection, user_id):
    db.add_person("a", "g")
    assert find_people(connection, [user_id]) == {}
    assert find_places_of(connection, [user_id]) == {}
    assert find_addresses_of(connection, [user_id]) == {}


def test_an_empty_list_of_ids_gives_no_people(connection):
    assert find_people(connection, []) == {}
    assert find_places_of(connection, []) == {}
    assert find_addresses_of(connection, []) == {}


def test_memberships_share_their_site_and_have_the_role(db, connection):
    db.add_site("z")
    db.add_group("only", "z")
    db.add_membership("u", "", role="admin")
    db.add_membership("u", "g")
    db.add_membership("u", "only", "z")
    db.add_membership("v", "g", role="admin")
    places = find_places_of(connection, ["v", "u"])
    result = {
        user_id: [(place.site.id, place.group_id, place.administrator) for place in them]
        for user_id, them in places.items()
    }
    assert result == {
        "u": [("s", "", True), ("s", "g", False), ("z", "only", False)],
        "v": [("s", "g", True)],
    }
    assert places["u"][0].site is places["v"][0].site
    assert (places["u"][2].site.title, places["u"][2].site.url) == (
        "Site",
        "https://z.example",
    )


@pytest.mark.parametrize(
    ("setting", "delivery"),
    [
        ("digest", EmailSetting.DIGEST),
        ("webonly", EmailSetting.WEB_ONLY),
        ("from another version", EmailSetting.EACH_POST),
    ],
)
def test_the_email_setting_is_read_by_group(db, connection, setting, delivery):
    db.add_group("h")
    db.add_person("u", "g", "h")
    db.add_person("v", "g")
    db.insert(tables.EMAIL_SETTING, user_id="u", site_id="s", group_id="g", setting=setting)
    result = find_places_of(connection, ["u", "v"])
    places = {place.group_id: place.delivery for place in result["u"]}
    assert places == {"": EmailSetting.EACH_POST, "g": delivery, "h": EmailSetting.EACH_POST}
    assert {place.delivery for place in result["v"]} == {EmailSetting.EACH_POST}


@pytest.mark.parametrize(
    ("verified", "preferred", "kind"),
    [
        (NOON, True, "preferred"),
        (NOON, False, "other"),
        (None, True, "unverified"),
        (None, False, "unverified"),
    ],
)
def test_mail_goes_to_an_address_that_is_verified_and_preferred(
    db, connection, verified, preferred, kind
):
    db.add_address("u", "u@example.org", verified=verified, preferred=preferred)
    (result,) = find_addresses_of(connection, ["u"]).values()
    none = Addresses((), (), ())
    assert {name for name in none.__slots__ if getattr(result, name)} == {kind}


def test_addresses_are_read_by_kind(db, connection):
    db.add_address("u", "b@example.org")
    db.add_address("u", "a@example.org")
    db.add_address("u", "c@example.org", preferred=False)
    db.add_address("u", "d@example.org", verified=None)
    db.add_address("v", "e@example.org")
    assert find_addresses_of(connection, ["u", "v", "w"]) == {
        "u": Addresses(
            preferred=("a@example.org", "b@example.org"),
            other=("c@example.org",),
            unverified=("d@example.org",),
        ),
        "v": Addresses(("e@example.org",), (), ()),
    }


def test_an_address_that_was_refused_gets_no_mail_until_its_row_is_deleted(db):
    db.add_address("u", "Ulla@Example.org")
    db.add_address("u", "u@example.org")
    with db.engine.begin() as connection:
        mark_undeliverable(connection, [Refused("ulla@example.ORG"), Refused("x@y")], NOON)
        mark_undeliverable(connection, [], NOON)
        result = find_addresses_of(connection, ["u"])["u"]
        assert result.preferred == ("u@example.org",)
        assert result.undeliverable == ("Ulla@Example.org",)
        connection.exec_driver_sql(
            "DELETE FROM undeliverable_email WHERE email = 'ulla@example.org'"
        )
        result = find_addresses_of(connection, ["u"])["u"]
        assert result.preferred == ("Ulla@Example.org", "u@example.org")
        assert result.undeliverable == ()


def test_the_first_reply_about_an_address_is_kept_and_cut(
    db,
):
    later = datetime(2027, 1, 1, tzinfo=UTC)
    with db.engine.begin() as connection:
        mark_undeliverable(connection, [Refused("u@example.org", "550 é\0" + "x" * 10_000)], NOON)
        mark_undeliverable(connection, [Refused("u@example.org", "551 moved")], later)
    (row,) = db.rows(tables.UNDELIVERABLE_EMAIL)
    assert (row.email, row.since) == ("u@example.org", NOON)
    assert row.reply.startswith("550 é\ufffdxx")
    assert len(row.reply) == 500


def test_many_members_cost_as_few_queries_as_one(db, connection):
    for number in range(30):
        db.add_person(f"u{number}", "g")
    ids = [f"u{number}" for number in range(30)]
    with db.queries() as result:
        for find in (find_people, find_places_of, find_addresses_of):
            assert find(connection, ids).keys() == set(ids)
    assert len(result) == 4


def test_the_addresses_of_the_fixture_are_verified(db):
    db.add_person("u", "g")
    assert [row.verified_date for row in db.rows(tables.USER_EMAIL)] == [VERIFIED]

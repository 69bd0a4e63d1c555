# SPDX-License-Identifier: MIT
from itertools import permutations

import pytest

from gs.profile.status.hooks import Period
from gs.profile.status.site.activity import Activities
from gs.profile.status.site.dispatch.decide import summarise, summarise_sites
from gs.profile.status.site.links import Layout
from gs.profile.status.site.model import EmailSetting
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.members import find_addresses_of, find_people, find_places_of

MARCH = Period(2026, 3)
LAYOUT = Layout()


@pytest.fixture
def sites_of(db):
    """Return a function that gives the summary of a member, site by site."""

    def result(user_id):
        with db.engine.connect() as connection:
            places = find_places_of(connection, [user_id]).get(user_id, [])
            return summarise_sites(
                connection, places, Activities(lambda: 0.0, LAYOUT), MARCH, LAYOUT
            )

    return result


def test_sites_and_groups_are_in_the_order_of_their_titles(db, sites_of):
    db.add_site("z", "another site")
    db.add_group("first", title="Zebras")
    db.add_group("last", title="aardvarks")
    db.add_group("only", "z")
    db.add_person("ann", "first", "last")
    db.add_membership("ann", "only", "z")
    result = [
        (site.site.title, [membership.group.title for membership in site.memberships])
        for site in sites_of("ann")
    ]
    assert result == [("another site", ["only"]), ("Site", ["aardvarks", "Zebras"])]


def test_a_site_without_a_group_of_the_member_is_left_out(db, sites_of):
    db.add_site("z")
    db.add_person("ann", "g")
    db.add_membership("ann", "", "z")
    assert [site.site.id for site in sites_of("ann")] == ["s"]


def test_roles_are_included(db, sites_of):
    db.add_group("h")
    db.add_person("ann")
    db.add_membership("ann", "g", role="admin")
    db.add_membership("ann", "h")
    (site,) = sites_of("ann")
    assert not site.administrator
    assert [one.administrator for one in site.memberships] == [True, False]


def test_a_site_administrator_is_not_a_group_administrator(db, sites_of):
    db.add_membership("ann", "", role="admin")
    db.add_membership("ann", "g")
    (site,) = sites_of("ann")
    assert site.administrator
    assert [one.administrator for one in site.memberships] == [False]


def test_the_email_setting_is_that_of_the_member(db, sites_of):
    db.add_person("ann", "g")
    db.add_person("bob", "g")
    db.insert(tables.EMAIL_SETTING, user_id="bob", site_id="s", group_id="g", setting="digest")
    assert sites_of("ann")[0].memberships[0].email_setting is EmailSetting.EACH_POST
    assert sites_of("bob")[0].memberships[0].email_setting is EmailSetting.DIGEST


def test_the_profile_is_that_of_the_first_site(db, sites_of):
    db.add_person("ann/b", "g", name="Ann")
    with db.engine.connect() as connection:
        person = find_people(connection, ["ann/b"])["ann/b"]
        addresses = find_addresses_of(connection, ["ann/b"])["ann/b"]
    summary = summarise(MARCH, person, addresses, sites_of("ann/b"), LAYOUT)
    assert summary.profile.url == "https://s.example/p/ann%2Fb"
    assert (summary.profile.name, summary.period) == ("Ann", MARCH)
    assert summary.profile.addresses.preferred == ("ann/b@example.org",)


def test_the_profile_has_the_members_language_and_time_zone(db, sites_of):
    db.add_person("ann", "g")
    with db.engine.begin() as connection:
        person = tables.PERSON.update()
        connection.execute(person.values(language="fr-CA", timezone="America/Toronto"))
        ann = find_people(connection, ["ann"])["ann"]
        addresses = find_addresses_of(connection, ["ann"])["ann"]
    profile = summarise(MARCH, ann, addresses, sites_of("ann"), LAYOUT).profile
    assert (profile.language, profile.timezone) == ("fr-CA", "America/Toronto")


def test_a_missing_group_is_left_out(db, sites_of):
    db.add_person("ann", "g", "missing")
    db.add_person("bob", "missing")
    assert [one.group.id for one in sites_of("ann")[0].memberships] == ["g"]
    assert sites_of("bob") == ()


def test_memberships_may_have_any_order(db):
    db.add_site("z", "another site")
    db.add_group("h", "z")
    for place in (("", "s"), ("g", "s"), ("h", "z"), ("", "z")):
        db.add_membership("ann", *place, role="admin")
    with db.engine.connect() as connection:
        places = find_places_of(connection, ["ann"])["ann"]
        activities = Activities(lambda: 0.0, LAYOUT)
        orders = [
            summarise_sites(connection, order, activities, MARCH, LAYOUT)
            for order in permutations(places)
        ]
    assert all(result == orders[0] for result in orders)
    first, second = orders[0]
    assert (first.site.id, second.site.id) == ("z", "s")
    assert first.administrator
    assert second.administrator

# SPDX-License-Identifier: MIT
import re
import unicodedata
from collections import Counter, defaultdict
from datetime import UTC, datetime
from zoneinfo import available_timezones

import pytest

from embedded.database import site_database
from embedded.parts import ActivityReader, decider
from gs.profile.status.hooks import Period, Status
from gs.profile.status.site.ingest.demo import seed_demo
from gs.profile.status.site.ingest.demo.fixtures import read_groups, read_people
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.members import list_members
from gs.profile.status.site.store.posts import count_by_month

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
OCTOBER = Period(2026, 10)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory):
    with site_database(tmp_path_factory.mktemp("community")) as db:
        with db.engine.begin() as connection:
            seed_demo(connection, NOW, 20)
        yield db


@pytest.fixture(scope="module")
def activity(seeded):
    activities = ActivityReader(seeded.engine)
    return lambda site, group: activities.of(GroupKey(site, group), OCTOBER)[1]


def test_members_who_opted_out_are_not_listed(seeded):
    opted_out = {row.user_id for row in seeded.rows(tables.PROFILE_NOTIFICATION_SKIP)}
    with seeded.engine.connect() as connection:
        listed = list_members(connection, "", 1_000)
    assert len(listed) == 58
    assert len(opted_out - set(listed)) == 2


def test_there_are_two_sites_and_eight_groups(seeded):
    assert len(seeded.rows(tables.SITE)) == 2
    assert len(seeded.rows(tables.GROUP)) == 8


def test_each_status_occurs(seeded):
    deciding = decider()
    with seeded.engine.connect() as connection:
        everybody = {row.user_id for row in seeded.rows(tables.MEMBERSHIP)}
        members = deciding.look_up(connection, everybody).values()
        decisions = [deciding.decide(connection, member, OCTOBER) for member in members]
    assert Counter(decision.reply.status for decision in decisions) == {
        Status.SENT: 53,
        Status.NO_SUCH_MEMBER: 1,
        Status.NOT_IN_ANY_GROUP: 1,
        Status.NO_VERIFIED_ADDRESS: 1,
        Status.NO_ACTIVITY: 2,
        Status.OPTED_OUT: 2,
    }
    assert sum(decision.mail is not None for decision in decisions) == 53


def test_mails_are_sent_in_each_language(seeded):
    deciding = decider()
    people = seeded.rows(tables.PERSON)
    with seeded.engine.connect() as connection:
        members = deciding.look_up(connection, [row.user_id for row in people])
        sent = Counter(
            row.language
            for row in people
            if not deciding.decide(connection, members[row.user_id], OCTOBER).reply.status
        )
    assert min(sent[language] for language in ("de", "en", "es", "fr")) >= 1


def test_time_zones_of_people_exist(seeded):
    zones = {row.timezone for row in seeded.rows(tables.PERSON)}
    assert len(zones) > 20
    assert zones <= available_timezones()


def test_the_month_before_has_figures(activity):
    for site, group in (("riverside", "allotments"), ("openwater", "sensors")):
        result = activity(site, group)
        assert min(result.before.posts, result.before.authors, result.before.topics) >= 3


def test_hidden_posts_and_topics_are_not_shown(seeded, activity):
    hidden = [row for row in seeded.rows(tables.POST) if row.hidden]
    topics = {row.topic_id for row in seeded.rows(tables.TOPIC) if row.hidden}
    assert topics
    assert {row.topic_id for row in hidden} - topics
    assert {row.topic_id for row in hidden} >= topics
    assert all(row.hidden > row.date for row in hidden)
    assert not any(
        "simple trick" in topic.title for topic in activity("riverside", "repair-cafe").topics
    )


def test_active_groups_have_a_quotation(activity):
    for site, group in (
        ("riverside", "allotments"),
        ("riverside", "repair-cafe"),
        ("riverside", "committee"),
        ("openwater", "sensors"),
    ):
        assert activity(site, group).quotation is not None


def test_there_are_three_months_of_posts_and_this_month_so_far(seeded):
    with seeded.engine.connect() as connection:
        months = count_by_month(connection)
    assert sorted(map(str, months)) == ["2026-08", "2026-09", "2026-10", "2026-11"]
    assert min(months[Period(2026, month)] for month in (8, 9, 10)) > 80
    assert all(row.date < NOW for row in seeded.rows(tables.POST))


def test_one_group_is_busy_one_is_small_and_two_are_quiet(activity):
    assert activity("riverside", "allotments").figures.posts >= 31
    assert 1 <= activity("riverside", "choir").figures.posts <= 4
    assert activity("riverside", "early-birds").figures.posts == 0
    assert activity("openwater", "field-trips").figures.posts == 0


def test_a_quiet_group_had_posts_before(seeded):
    dates = [row.date for row in seeded.rows(tables.POST) if row.group_id == "early-birds"]
    assert len(dates) > 5
    assert max(dates) < datetime(2026, 10, 1, tzinfo=UTC)


def test_a_secret_group_has_more_than_twelve_members_and_an_administrator(seeded):
    (secret,) = [row for row in seeded.rows(tables.GROUP) if row.privacy == "secret"]
    members = [row for row in seeded.rows(tables.MEMBERSHIP) if row.group_id == secret.group_id]
    assert len(members) > 12
    assert "admin" in {row.role for row in members}


def test_the_names_are_from_around_the_world():
    names = [person.name for person in read_people()]
    scripts = {unicodedata.name(one).split()[0] for name in names for one in name if one.isalpha()}
    assert {"LATIN", "CJK", "ARABIC", "HEBREW", "GREEK", "CYRILLIC", "HANGUL", "THAI"} <= scripts
    assert any("'" in name for name in names)
    assert max(map(len, names)) > 60
    assert len(set(names)) == 60


def test_each_named_author_is_a_member_of_the_group():
    for group in read_groups():
        names = [one.name for one in read_people() if group.group_id in one.groups]
        lines = [
            *group.replies,
            *(line for topic in group.topics for line in (topic.opening, *topic.replies)),
        ]
        for line in lines:
            assert not line.by or any(line.by in name for name in names), (
                group.group_id,
                line.by,
            )


def test_posts_contain_plausible_text(seeded):
    bodies = [row.body for row in seeded.rows(tables.POST)]
    assert not any("lorem" in body.lower() or re.search(r"[{}\[\]]", body) for body in bodies)
    assert max(len(line) for body in bodies for line in body.split("\n")) <= 100
    assert sum("\n> " in body for body in bodies) > 50


def test_keywords_match_the_subject_of_the_group(activity):
    words = {keyword.word.casefold() for keyword in activity("riverside", "allotments").keywords}
    assert words & {"plot", "compost", "blight", "tomatoes", "potatoes", "garlic"}


def test_every_topic_has_its_first_and_its_last_post(seeded):
    posts = defaultdict(list)
    for row in seeded.rows(tables.POST):
        posts[row.topic_id].append((row.date, row.post_id))
    ends = {topic: (min(these)[1], max(these)[0]) for topic, these in posts.items()}
    rows = seeded.rows(tables.TOPIC)
    assert {row.topic_id: (row.first_post_id, row.last_post_date) for row in rows} == ends


def test_the_same_seed_gives_the_same_data(seeded, tmp_path):
    with site_database(tmp_path) as again:
        with again.engine.begin() as connection:
            seed_demo(connection, NOW, 20)
        for table in (tables.PERSON, tables.POST, tables.TOPIC, tables.USER_EMAIL):
            assert again.rows(table) == seeded.rows(table)


@pytest.mark.parametrize("day", [(2026, 1, 1), (2028, 2, 29), (2026, 3, 31), (2027, 12, 31)])
def test_the_seed_works_on_any_day(tmp_path, day):
    now = datetime(*day, tzinfo=UTC)
    with site_database(tmp_path) as db:
        with db.engine.begin() as connection:
            seed_demo(connection, now, 20)
        activities = ActivityReader(db.engine)
        last = Period.of(now.date()).before()
        assert activities.of(GroupKey("riverside", "allotments"), last)[1].figures.posts >= 31
        assert activities.of(GroupKey("riverside", "choir"), last)[1].figures.posts <= 4
        assert activities.of(GroupKey("riverside", "early-birds"), last)[1].figures.posts == 0

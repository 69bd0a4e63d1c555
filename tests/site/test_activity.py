# SPDX-License-Identifier: MIT
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from gs.profile.status.hooks import Period
from gs.profile.status.site.activity import Activities
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.summary import Author, Topic

G = GroupKey("s", "g")
MARCH = Period(2026, 3)
HIDDEN = datetime(2026, 3, 20, tzinfo=UTC)


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def activities(town, clock):
    return Activities(town.engine, clock, lifetime=600)


def test_a_month_is_from_its_first_moment_up_to_the_next_month(town, activities):
    town.person("u", "g")
    for date in ("2026-02-28T23:59:59", "2026-03-01", "2026-03-31T23:59:59", "2026-04-01"):
        town.post("u", date)
    _, activity = activities.of(G, MARCH)
    assert activity.post_count == 2


def test_a_topic_with_posts_in_both_months_counts_in_both(town, activities):
    town.person("u", "g")
    town.post("u", "2026-02-28", "long")
    town.post("u", "2026-03-01", "long")
    (topic,) = activities.of(G, MARCH)[1].topics
    assert topic == Topic("long", "https://s.example/r/topic/post1", 1)
    assert len(activities.of(G, MARCH.before())[1].topics) == 1


def test_a_hidden_post_is_not_counted(town, activities):
    town.person("u", "g")
    town.person("spammer", "g")
    town.post("u", "2026-03-02", "tea")
    town.post("spammer", "2026-03-03", "tea", hidden=HIDDEN)
    town.post("spammer", "2026-03-03", "casino", hidden=HIDDEN)
    _, activity = activities.of(G, MARCH)
    assert activity.post_count == 1
    assert [author.id for author in activity.authors] == ["u"]
    assert [topic.title for topic in activity.topics] == ["tea"]


def test_a_post_of_a_hidden_topic_is_not_counted(town, activities):
    town.person("u", "g")
    town.post("u", "2026-03-02", "tea")
    with town.engine.begin() as connection:
        connection.execute(tables.TOPIC.update().values(hidden=HIDDEN))
    assert activities.of(G, MARCH)[1].post_count == 0


def test_authors_with_a_photo_come_first_then_those_with_more_posts_then_by_id(town, activities):
    for user_id, photo, posts in (("a", None, 1), ("b", None, 1), ("c", None, 2), ("d", "p", 1)):
        town.person(user_id, "g", photo=photo)
        for _ in range(posts):
            town.post(user_id, "2026-03-02")
    _, activity = activities.of(G, MARCH)
    assert [author.id for author in activity.authors] == ["d", "c", "a", "b"]
    assert activity.authors[0] == Author("d", "d", "p")


def test_topics_are_ordered_by_posts_then_people_then_recency_then_id(town, activities):
    for user_id in "uv":
        town.person(user_id, "g")
    for topic, posts in {
        "most posts": ["u2", "u3", "u4"],
        "more people": ["u2", "v3"],
        "later": ["u2", "u9"],
        "earlier b": ["u2", "u8"],
        "earlier a": ["u2", "u8"],
    }.items():
        for user_id, day in posts:
            town.post(user_id, f"2026-03-0{day}", topic)
    titles = [topic.title for topic in activities.of(G, MARCH)[1].topics]
    assert titles == ["most posts", "more people", "later", "earlier a", "earlier b"]


def test_a_quiet_group_has_no_activity_but_faces(town, activities):
    town.person("b", "g")
    town.person("a", "g")
    town.person("z", "g", photo="photo")
    group, activity = activities.of(G, MARCH)
    assert activity == type(activity)(0, (), (), ())
    assert [face.id for face in group.faces] == ["z", "a", "b"]
    assert group.member_count == 3


def test_a_removed_account_posted_but_is_nobody_to_show(town, activities):
    town.person("gone", "g", removed=True)
    town.post("gone", "2026-03-02")
    group, activity = activities.of(G, MARCH)
    assert (activity.post_count, activity.authors, group.faces) == (1, (), ())


def test_a_group_says_what_it_is(town, activities):
    town.group("h x", title="Title", privacy="secret")
    group, _ = activities.of(GroupKey("s", "h x"), MARCH)
    assert group.url == "https://s.example/groups/h%20x"
    assert (group.title, group.email, group.secret) == ("Title", "h x@s.example", True)


def test_it_is_worked_out_once_for_all_members_and_threads(town, activities):
    town.person("u", "g")
    town.post("u", "2026-03-02")
    with town.queries() as queries, ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda _: activities.of(G, MARCH), range(64)))
    assert len({id(activity) for _, activity in found}) == 1
    assert len(queries) <= 8


def test_what_has_changed_is_seen_after_the_lifetime(town, activities, clock):
    town.person("u", "g")
    town.post("u", "2026-03-02")
    activities.of(G, MARCH)
    town.post("u", "2026-03-03")
    clock.seconds = 600
    assert activities.of(G, MARCH)[1].post_count == 1
    clock.seconds = 601
    assert activities.of(G, MARCH)[1].post_count == 2


def test_periods_are_kept_apart(town, activities):
    town.person("u", "g")
    town.post("u", "2026-03-02")
    assert activities.of(G, MARCH)[1].post_count == 1
    assert activities.of(G, MARCH.before())[1].post_count == 0

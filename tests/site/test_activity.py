# SPDX-License-Identifier: MIT
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from embedded.parts import Told
from gs.profile.status.hooks import Period
from gs.profile.status.site.activity import Activities
from gs.profile.status.site.links import Layout
from gs.profile.status.site.model import Activity, Author, Contribution, Figures, Topic
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.archive import add
from gs.profile.status.site.store.groups import GroupKey

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
    return Told(town.engine, clock)


def test_a_month_is_from_its_first_moment_up_to_the_next_month(town, activities):
    town.person("u", "g")
    for date in (
        "2026-02-28T23:59:59",
        "2026-03-01",
        "2026-03-31T23:59:59",
        "2026-04-01",
    ):
        town.post("u", date)
    _, activity = activities.of(G, MARCH)
    assert activity.figures.posts == 2


def test_a_topic_with_posts_in_both_months_counts_in_both(town, activities):
    town.person("u", "g")
    town.post("u", "2026-02-28", "long")
    town.post("u", "2026-03-01", "long")
    (topic,) = activities.of(G, MARCH)[1].topics
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    assert topic == Topic("long", "https://s.example/r/topic/post1", 1, 1, moment)
    assert len(activities.of(G, MARCH.before())[1].topics) == 1


def test_a_hidden_post_is_not_counted(town, activities):
    town.person("u", "g")
    town.person("spammer", "g")
    town.post("u", "2026-03-02", "tea")
    town.post("spammer", "2026-03-03", "tea", hidden=HIDDEN)
    town.post("spammer", "2026-03-03", "casino", hidden=HIDDEN)
    _, activity = activities.of(G, MARCH)
    assert activity.figures.posts == 1
    assert [author.id for author in activity.authors] == ["u"]
    assert [topic.title for topic in activity.topics] == ["tea"]


def test_a_post_of_a_hidden_topic_is_not_counted(town, activities):
    town.person("u", "g")
    town.post("u", "2026-03-02", "tea")
    with town.engine.begin() as connection:
        connection.execute(tables.TOPIC.update().values(hidden=HIDDEN))
    assert activities.of(G, MARCH)[1].figures.posts == 0


def test_authors_with_a_photo_come_first_then_those_with_more_posts_then_by_id(town, activities):
    for user_id, photo, posts in (("a", None, 1), ("b", None, 1), ("c", None, 2), ("d", "p", 1)):
        town.person(user_id, "g", photo=photo)
        for _ in range(posts):
            town.post(user_id, "2026-03-02")
    _, activity = activities.of(G, MARCH)
    assert [author.id for author in activity.authors] == ["d", "c", "a", "b"]
    assert activity.authors[0] == Author("d", "d", "p")


def test_a_quiet_group_has_no_activity_but_faces(town, activities):
    town.person("b", "g")
    town.person("a", "g")
    town.person("z", "g", photo="photo")
    group, activity = activities.of(G, MARCH)
    nothing = Figures(0, 0, 0)
    assert asdict(activity) == asdict(Activity(nothing, nothing, (), (), (), None, {}))
    assert [face.id for face in group.members] == ["z", "a", "b"]
    assert group.member_count == 3


def test_a_removed_account_posted_but_is_nobody_to_show(town, activities):
    town.person("gone", "g", removed=True)
    town.post("gone", "2026-03-02")
    group, activity = activities.of(G, MARCH)
    assert (activity.figures, activity.authors) == (Figures(1, 1, 1), ())
    assert group.members == ()
    assert activity.contributions == {"gone": Contribution(1, 1, 0)}


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
    assert activities.of(G, MARCH)[1].figures.posts == 1
    clock.seconds = 601
    assert activities.of(G, MARCH)[1].figures.posts == 2


def test_periods_are_kept_apart(town, activities):
    town.person("u", "g")
    town.post("u", "2026-03-02")
    assert activities.of(G, MARCH)[1].figures.posts == 1
    assert activities.of(G, MARCH.before())[1].figures.posts == 0


def test_the_month_before_has_its_figures_beside(town, activities):
    for user_id, date, topic in (
        ("u", "2026-01-31T23:59:59", "earlier"),
        ("u", "2026-02-01", "tea"),
        ("v", "2026-02-28T23:59:59", "tea"),
        ("v", "2026-02-03", "cake"),
        ("w", "2026-03-01", "tea"),
    ):
        town.post(user_id, date, topic)
    town.post("x", "2026-02-03", "casino", hidden=HIDDEN)
    activity = activities.of(G, MARCH)[1]
    assert (activity.before, activity.figures) == (Figures(2, 2, 3), Figures(1, 1, 1))
    assert activities.of(G, MARCH.after())[1].before == Figures(1, 1, 1)


def test_who_started_topics_is_told_how_many_others_answered(town, activities):
    for user_id, date, topic in (
        ("ann", "2026-02-28", "old"),
        ("bob", "2026-03-01", "old"),
        ("ann", "2026-03-02", "tea"),
        ("bob", "2026-03-03", "tea"),
        ("cat", "2026-03-04", "tea"),
        ("ann", "2026-03-05", "tea"),
        ("ann", "2026-03-06", "cake"),
        ("bob", "2026-03-07", "cake"),
        ("dan", "2026-04-01", "cake"),
    ):
        town.post(user_id, date, topic)
    town.post("eve", "2026-03-08", "cake", hidden=HIDDEN)
    assert activities.of(G, MARCH)[1].contributions == {
        "ann": Contribution(posts=3, topics=2, people=2),
        "bob": Contribution(posts=3, topics=0, people=0),
        "cat": Contribution(posts=1, topics=0, people=0),
    }


def test_nobody_started_a_topic_whose_first_post_is_hidden(town, activities):
    town.post("ann", "2026-03-02", "tea", hidden=HIDDEN)
    town.post("bob", "2026-03-03", "tea")
    assert activities.of(G, MARCH)[1].contributions == {"bob": Contribution(1, 0, 0)}


def test_what_other_groups_say_is_not_told(town, activities):
    town.group("h")
    town.site("z")
    town.group("g", "z")
    town.post("u", "2026-03-02", "ours")
    town.post("u", "2026-03-02", "theirs", "h")
    town.post("u", "2026-03-02", "far", "g", "z")
    assert [topic.title for topic in activities.of(G, MARCH)[1].topics] == ["ours"]


def test_a_group_that_is_not_there_is_nothing(town, activities):
    missing = GroupKey("s", "missing")
    assert activities.of(missing, MARCH) is None
    with town.queries() as queries:
        assert activities.of(missing, MARCH) is None
    assert queries == []


def test_the_connection_that_is_given_is_used(town):
    town.post("u", "2026-03-02")
    with town.engine.begin() as connection:
        # Only this connection can see it.
        connection.execute(tables.POST.update().values(date=datetime(2026, 3, 9, tzinfo=UTC)))
        (topic,) = Activities(lambda: 0.0, Layout()).of(connection, G, MARCH)[1].topics
    assert topic.latest.day == 9


def test_a_busy_month_is_told_within_bounds(town, activities):
    posts, topics = [], []
    where = {"site_id": "s", "group_id": "g"}
    for n in range(150):
        moment = datetime(2026, 3, 1 + n % 28, tzinfo=UTC)
        one = {"topic_id": f"t{n:03}", "first_post_id": f"p{n}", "last_post_id": f"p{n}"}
        one |= {"num_posts": 1, "last_post_date": moment, "original_subject": "weir"}
        topics.append(one | where)
        post = {"post_id": f"p{n}", "topic_id": f"t{n:03}", "user_id": f"u{n:03}"}
        posts.append(post | {"subject": "weir", "date": moment, "body": "Words."} | where)
    with town.engine.begin() as connection:
        people = [{"user_id": f"u{n:03}", "name": f"U {n}"} for n in range(150)]
        for table, rows in (
            (tables.PERSON, people),
            (tables.TOPIC, topics),
            (tables.POST, posts),
        ):
            add(connection, table, rows)
    activity = activities.of(G, MARCH)[1]
    assert activity.figures == Figures(150, 150, 150)
    assert (len(activity.topics), len(activity.authors), len(activity.contributions)) == (
        100,
        100,
        150,
    )

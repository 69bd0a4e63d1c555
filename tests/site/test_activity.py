# SPDX-License-Identifier: MIT
"""The activity of a group in a month: figures, authors, topics, words; and its cache."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded.parts import ActivityReader
from gs.profile.status.hooks import Period
from gs.profile.status.site.activity import Activities
from gs.profile.status.site.activity.activity import count_contributions, count_figures
from gs.profile.status.site.links import Layout
from gs.profile.status.site.model import Activity, Author, Contribution, Figures, Quotation, Topic
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.archive import add
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.store.posts import StoredPost

G = GroupKey("s", "g")
MARCH = Period(2026, 3)
HIDDEN = datetime(2026, 3, 20, tzinfo=UTC)
WORDS = "The allotment behind the weir has been free since the middle of February."


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def activities(db, clock):
    return ActivityReader(db.engine, clock)


def test_a_month_is_from_its_first_moment_up_to_the_next_month(db, activities):
    db.add_person("u", "g")
    for date in (
        "2026-02-28T23:59:59",
        "2026-03-01",
        "2026-03-31T23:59:59",
        "2026-04-01",
    ):
        db.add_post("u", date)
    _, activity = activities.of(G, MARCH)
    assert activity.figures.posts == 2


def test_a_topic_with_posts_in_both_months_counts_in_both(db, activities):
    db.add_person("u", "g")
    db.add_post("u", "2026-02-28", "long")
    db.add_post("u", "2026-03-01", "long")
    (topic,) = activities.of(G, MARCH)[1].topics
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    assert topic == Topic("long", "https://s.example/r/topic/post1", 1, 1, moment)
    assert len(activities.of(G, MARCH.before())[1].topics) == 1


def test_a_hidden_post_is_not_counted(db, activities):
    db.add_person("u", "g")
    db.add_person("spammer", "g")
    db.add_post("u", "2026-03-02", "tea")
    db.add_post("spammer", "2026-03-03", "tea", hidden=HIDDEN)
    db.add_post("spammer", "2026-03-03", "casino", hidden=HIDDEN)
    _, activity = activities.of(G, MARCH)
    assert activity.figures.posts == 1
    assert [author.id for author in activity.authors] == ["u"]
    assert [topic.title for topic in activity.topics] == ["tea"]


def test_a_post_of_a_hidden_topic_is_not_counted(db, activities):
    db.add_person("u", "g")
    db.add_post("u", "2026-03-02", "tea")
    with db.engine.begin() as connection:
        connection.execute(tables.TOPIC.update().values(hidden=HIDDEN))
    assert activities.of(G, MARCH)[1].figures.posts == 0


def test_authors_with_a_photo_come_first_then_those_with_more_posts_then_by_id(db, activities):
    for user_id, photo, posts in (("a", None, 1), ("b", None, 1), ("c", None, 2), ("d", "p", 1)):
        db.add_person(user_id, "g", photo=photo)
        for _ in range(posts):
            db.add_post(user_id, "2026-03-02")
    _, activity = activities.of(G, MARCH)
    assert [author.id for author in activity.authors] == ["d", "c", "a", "b"]
    assert activity.authors[0] == Author("d", "d", "p")


def test_a_group_without_posts_has_no_activity_but_members(db, activities):
    db.add_person("b", "g")
    db.add_person("a", "g")
    db.add_person("z", "g", photo="photo")
    group, activity = activities.of(G, MARCH)
    nothing = Figures(0, 0, 0)
    assert asdict(activity) == asdict(Activity(nothing, nothing, (), (), (), None, {}))
    assert [face.id for face in group.members] == ["z", "a", "b"]
    assert group.member_count == 3


def test_a_removed_account_counts_as_an_author_but_is_not_shown(db, activities):
    db.add_person("gone", "g", removed=True)
    db.add_post("gone", "2026-03-02")
    group, activity = activities.of(G, MARCH)
    assert (activity.figures, activity.authors) == (Figures(1, 1, 1), ())
    assert group.members == ()
    assert activity.contributions == {"gone": Contribution(1, 1, 0)}


def test_a_group_has_its_title_address_and_privacy(db, activities):
    db.add_group("h x", title="Title", privacy="secret")
    group, _ = activities.of(GroupKey("s", "h x"), MARCH)
    assert group.url == "https://s.example/groups/h%20x"
    assert (group.title, group.email, group.secret) == ("Title", "h x@s.example", True)


def test_an_activity_is_computed_once_for_all_members_and_threads(db, activities):
    db.add_person("u", "g")
    db.add_post("u", "2026-03-02")
    with db.queries() as queries, ThreadPoolExecutor(16) as threads:
        results = list(threads.map(lambda _: activities.of(G, MARCH), range(64)))
    assert len({id(activity) for _, activity in results}) == 1
    assert len(queries) <= 8


def test_a_change_is_visible_after_the_cache_lifetime(db, activities, clock):
    db.add_person("u", "g")
    db.add_post("u", "2026-03-02")
    activities.of(G, MARCH)
    db.add_post("u", "2026-03-03")
    clock.seconds = 600
    assert activities.of(G, MARCH)[1].figures.posts == 1
    clock.seconds = 601
    assert activities.of(G, MARCH)[1].figures.posts == 2


def test_each_period_has_its_own_activity(db, activities):
    db.add_person("u", "g")
    db.add_post("u", "2026-03-02")
    assert activities.of(G, MARCH)[1].figures.posts == 1
    assert activities.of(G, MARCH.before())[1].figures.posts == 0


def test_an_activity_includes_the_figures_of_the_month_before(db, activities):
    for user_id, date, topic in (
        ("u", "2026-01-31T23:59:59", "earlier"),
        ("u", "2026-02-01", "tea"),
        ("v", "2026-02-28T23:59:59", "tea"),
        ("v", "2026-02-03", "cake"),
        ("w", "2026-03-01", "tea"),
    ):
        db.add_post(user_id, date, topic)
    db.add_post("x", "2026-02-03", "casino", hidden=HIDDEN)
    activity = activities.of(G, MARCH)[1]
    assert (activity.before, activity.figures) == (Figures(2, 2, 3), Figures(1, 1, 1))
    assert activities.of(G, MARCH.after())[1].before == Figures(1, 1, 1)


def test_the_people_who_answered_a_members_topics_are_counted(db, activities):
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
        db.add_post(user_id, date, topic)
    db.add_post("eve", "2026-03-08", "cake", hidden=HIDDEN)
    assert activities.of(G, MARCH)[1].contributions == {
        "ann": Contribution(posts=3, topics=2, people=2),
        "bob": Contribution(posts=3, topics=0, people=0),
        "cat": Contribution(posts=1, topics=0, people=0),
    }


def test_a_topic_with_a_hidden_first_post_has_no_starter(db, activities):
    db.add_post("ann", "2026-03-02", "tea", hidden=HIDDEN)
    db.add_post("bob", "2026-03-03", "tea")
    assert activities.of(G, MARCH)[1].contributions == {"bob": Contribution(1, 0, 0)}


def test_posts_of_other_groups_are_not_counted(db, activities):
    db.add_group("h")
    db.add_site("z")
    db.add_group("g", "z")
    db.add_post("u", "2026-03-02", "ours")
    db.add_post("u", "2026-03-02", "theirs", "h")
    db.add_post("u", "2026-03-02", "far", "g", "z")
    assert [topic.title for topic in activities.of(G, MARCH)[1].topics] == ["ours"]


def test_a_missing_group_has_no_activity(db, activities):
    missing = GroupKey("s", "missing")
    assert activities.of(missing, MARCH) is None
    with db.queries() as queries:
        assert activities.of(missing, MARCH) is None
    assert queries == []


def test_the_given_connection_is_used(db):
    db.add_post("u", "2026-03-02")
    with db.engine.begin() as connection:
        # Only this connection sees the uncommitted post.
        connection.execute(tables.POST.update().values(date=datetime(2026, 3, 9, tzinfo=UTC)))
        (topic,) = Activities(lambda: 0.0, Layout()).of(connection, G, MARCH)[1].topics
    assert topic.latest.day == 9


def test_a_busy_month_has_limits(db, activities):
    posts, topics = [], []
    where = {"site_id": "s", "group_id": "g"}
    for n in range(150):
        moment = datetime(2026, 3, 1 + n % 28, tzinfo=UTC)
        one = {"topic_id": f"t{n:03}", "first_post_id": f"p{n}"}
        one |= {"last_post_date": moment, "original_subject": "weir"}
        topics.append(one | where)
        post = {"post_id": f"p{n}", "topic_id": f"t{n:03}", "user_id": f"u{n:03}"}
        posts.append(post | {"subject": "weir", "date": moment, "body": "Words."} | where)
    with db.engine.begin() as connection:
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


def test_the_best_topic_is_quoted_with_its_author(db, activities):
    db.add_person("ann", "g", name="Ann Example")
    db.add_post("ann", "2026-03-02", "weir", body=f"Hi all,\n\n{WORDS}\n\nAnn")
    db.add_post("bob", "2026-03-03", "weir", body="> quoted\n\nYes.")
    db.add_post("bob", "2026-03-03", "other", body=f"{WORDS} {WORDS}")
    activity = activities.of(G, MARCH)[1]
    assert activity.quotation == Quotation(
        WORDS, Author("ann", "Ann Example", None), activity.topics[0]
    )


def test_a_hidden_post_is_not_quoted_nor_one_of_a_hidden_topic(db, activities):
    db.add_post("u", "2026-03-02", "tea", body=WORDS, hidden=HIDDEN)
    db.add_post("u", "2026-03-03", "tea")
    db.add_post("u", "2026-03-03", "cake", body=WORDS)
    cake = tables.TOPIC.c.topic_id == "cake"
    with db.engine.begin() as connection:
        connection.execute(tables.TOPIC.update().where(cake).values(hidden=HIDDEN))
    assert activities.of(G, MARCH)[1].quotation is None


def test_the_first_post_of_a_topic_is_quoted_rather_than_an_answer(db, activities):
    db.add_post("u", "2026-02-02", "tea")
    for user_id in "vwx":
        db.add_post(user_id, "2026-03-02", "tea", body=f"Rosa says the same: {WORDS}")
    db.add_post("u", "2026-03-03", "cake", body=WORDS)
    activity = activities.of(G, MARCH)[1]
    assert [topic.title for topic in activity.topics] == ["tea", "cake"]
    assert activity.quotation == Quotation(WORDS, None, activity.topics[1])


def test_a_subject_of_an_earlier_month_gives_no_keyword(db, activities):
    for topic in ("the sluice", "a sluice", "one sluice"):
        db.add_post("u", "2026-02-02", topic, body="Weir.")
        db.add_post("u", "2026-03-02", topic, body=f"Bridge {topic[:1]}.")
    assert [keyword.word for keyword in activities.of(G, MARCH)[1].keywords] == ["bridge"]


def test_a_deleted_account_is_quoted_without_a_name(db, activities):
    db.add_post("gone", "2026-03-02", "tea", body=WORDS)
    quotation = activities.of(G, MARCH)[1].quotation
    assert (quotation.words, quotation.author) == (WORDS, None)


def test_authors_who_left_the_group_are_not_keywords(db, activities):
    db.add_person("rosa", name="Rosa Example")
    for n in range(3):
        db.add_post("rosa", f"2026-03-0{n + 1}", body="We hear that Rosa has a weir.")
        db.add_post("v", f"2026-03-0{n + 1}", body="They say that Rosa saw another weir today.")
    keywords = [keyword.word for keyword in activities.of(G, MARCH)[1].keywords]
    assert (keywords[0], "Rosa" in keywords) == ("weir", False)


def test_subject_markers_are_not_keywords(db, activities):
    for n, mark in enumerate(["[External]", "Antwort:", "TR:", "WG:", "RV: [External] TR:"]):
        for copy in "ab":
            row = {"body": "Nothing."}
            db.add_post("u", f"2026-03-0{n + 1}", f"{mark} weir {copy * 2}", **row)
    keywords = [keyword.word for keyword in activities.of(G, MARCH)[1].keywords]
    assert not {"External", "Antwort", "TR", "WG", "RV"} & set(keywords)
    assert "weir" in keywords


DATE = datetime(2026, 3, 1, tzinfo=UTC)


@given(
    st.lists(st.tuples(st.sampled_from("pqr"), st.sampled_from("abcd")), max_size=25),
    st.sets(st.sampled_from("pqr")),
)
def test_figures_match_a_simple_count(rows, begun_earlier):
    posts = []
    for n, (topic, who) in enumerate(rows):
        first = next(m for m, row in enumerate(rows) if row[0] == topic)
        opening = "earlier" if topic in begun_earlier else f"{first}"
        posts.append(StoredPost(f"{n}", topic, topic, opening, who, DATE))
    people, topics = {who for _, who in rows}, {topic for topic, _ in rows}
    assert count_figures(posts) == Figures(len(people), len(topics), len(rows))
    own = {}
    for person in people:
        started = {
            topic
            for topic in topics - begun_earlier
            if next(who for other, who in rows if other == topic) == person
        }
        others = {who for topic, who in rows if topic in started} - {person}
        times = [who for _, who in rows].count(person)
        own[person] = Contribution(times, len(started), len(others))
    assert count_contributions(posts) == own

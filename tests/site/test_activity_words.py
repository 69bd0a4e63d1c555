# SPDX-License-Identifier: MIT
"""What is taken from the words of a month: its quotation, its keywords."""

from datetime import UTC, datetime

import pytest

from embedded.parts import Told
from gs.profile.status.hooks import Period
from gs.profile.status.site.model import Author, Quotation
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.groups import GroupKey

G = GroupKey("s", "g")
MARCH = Period(2026, 3)
HIDDEN = datetime(2026, 3, 20, tzinfo=UTC)
WORDS = "The allotment behind the weir has been free since the middle of February."


@pytest.fixture
def activities(town):
    return Told(town.engine)


def test_the_best_topic_is_quoted_with_its_author(town, activities):
    town.person("ann", "g", name="Ann Example")
    town.post("ann", "2026-03-02", "weir", body=f"Hi all,\n\n{WORDS}\n\nAnn")
    town.post("bob", "2026-03-03", "weir", body="> quoted\n\nYes.")
    town.post("bob", "2026-03-03", "other", body=f"{WORDS} {WORDS}")
    activity = activities.of(G, MARCH)[1]
    assert activity.quotation == Quotation(
        WORDS, Author("ann", "Ann Example", None), activity.topics[0]
    )


def test_a_hidden_post_is_not_quoted_nor_one_of_a_hidden_topic(town, activities):
    town.post("u", "2026-03-02", "tea", body=WORDS, hidden=HIDDEN)
    town.post("u", "2026-03-03", "tea")
    town.post("u", "2026-03-03", "cake", body=WORDS)
    cake = tables.TOPIC.c.topic_id == "cake"
    with town.engine.begin() as connection:
        connection.execute(tables.TOPIC.update().where(cake).values(hidden=HIDDEN))
    assert activities.of(G, MARCH)[1].quotation is None


def test_what_opens_a_topic_is_quoted_rather_than_an_answer(town, activities):
    town.post("u", "2026-02-02", "tea")
    for user_id in "vwx":
        town.post(user_id, "2026-03-02", "tea", body=f"Rosa says the same: {WORDS}")
    town.post("u", "2026-03-03", "cake", body=WORDS)
    activity = activities.of(G, MARCH)[1]
    assert [topic.title for topic in activity.topics] == ["tea", "cake"]
    assert activity.quotation == Quotation(WORDS, None, activity.topics[1])


def test_a_subject_of_an_earlier_month_makes_no_keyword(town, activities):
    for topic in ("the sluice", "a sluice", "one sluice"):
        town.post("u", "2026-02-02", topic, body="Weir.")
        town.post("u", "2026-03-02", topic, body=f"Bridge {topic[:1]}.")
    assert [keyword.word for keyword in activities.of(G, MARCH)[1].keywords] == ["bridge"]


def test_whose_account_is_gone_is_quoted_without_a_name(town, activities):
    town.post("gone", "2026-03-02", "tea", body=WORDS)
    quotation = activities.of(G, MARCH)[1].quotation
    assert (quotation.words, quotation.author) == (WORDS, None)


def test_authors_are_no_keywords_though_they_left_the_group(town, activities):
    town.person("rosa", name="Rosa Example")
    for n in range(3):
        town.post("rosa", f"2026-03-0{n + 1}", body="We hear that Rosa has a weir.")
        town.post("v", f"2026-03-0{n + 1}", body="They say that Rosa saw another weir today.")
    keywords = [keyword.word for keyword in activities.of(G, MARCH)[1].keywords]
    assert (keywords[0], "Rosa" in keywords) == ("weir", False)


def test_marks_in_front_of_subjects_are_no_keywords(town, activities):
    for n, mark in enumerate(["[External]", "Antwort:", "TR:", "WG:", "RV: [External] TR:"]):
        for copy in "ab":
            row = {"body": "Nothing."}
            town.post("u", f"2026-03-0{n + 1}", f"{mark} weir {copy * 2}", **row)
    keywords = [keyword.word for keyword in activities.of(G, MARCH)[1].keywords]
    assert not {"External", "Antwort", "TR", "WG", "RV"} & set(keywords)
    assert "weir" in keywords

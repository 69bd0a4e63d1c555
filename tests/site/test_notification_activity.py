# SPDX-License-Identifier: MIT
"""The month in the notification: figures, the contribution of the reader, a quotation."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gs.profile.status.hooks import Period
from gs.profile.status.site.model import Author, Contribution, Figures
from notifications.reading import Page, both, composed, html_of, joined, text_of
from notifications.summaries import (
    HOME,
    LATEST,
    READER,
    activity,
    authors,
    group,
    membership,
    of_group,
    on_site,
    quotation,
    summary,
    the_reader,
    topic,
    topics,
)


def test_the_figures_of_the_month_before_are_shown():
    source = of_group(activity=activity(12, before=Figures(1, 2, 925)))
    text, page = both(source)
    assert "4 authors, 3 topics, 12 posts In June: 1 author, 2 topics, 925 posts" in text
    assert "4 authors 1 in June 3 topics 2 in June 12 posts 925 in June" in page


def test_the_month_before_january_is_december():
    source = of_group(activity=activity(12, before=Figures(1, 2, 3)))
    for words in both(replace(source, period=Period(2026, 1))):
        assert "December" in words


def test_a_month_after_a_month_without_posts_has_no_comparison():
    for words in both(of_group(activity=activity(12, before=Figures(0, 0, 0)))):
        assert "June" not in words


@pytest.mark.parametrize(
    ("posts", "expected"),
    [(0, None), (1, "In June there was 1 post."), (8, "In June there were 8 posts.")],
)
def test_a_month_without_posts_is_compared_with_the_month_before(posts, expected):
    source = of_group(activity=activity(0, before=Figures(posts, posts, posts)))
    for words in both(source):
        assert "Nobody posted in July." in words
        assert (
            (f"Nobody posted in July. {expected}" in words) if expected else ("June" not in words)
        )


def test_unnamed_authors_are_counted():
    happened = activity(40, authors=authors(2), figures=Figures(9, 3, 40))
    for words in both(of_group(activity=happened)):
        assert "9 authors" in words
        assert "and 7 more" in words


def test_no_author_is_named_if_none_has_a_name():
    happened = activity(2, authors=(), figures=Figures(2, 1, 2))
    for words in both(of_group(activity=happened)):
        assert "2 authors" in words
        assert "more" not in words.partition("Allotments")[2].partition("Topics")[0]
        assert "Authors" not in words


@pytest.mark.parametrize(
    ("count", "own", "expected"),
    [
        (1, {READER: Contribution(2, 1, 0)}, True),
        (1, {"somebody": Contribution(2, 1, 0)}, False),
        (2, {READER: Contribution(1, 1, 0)}, False),
    ],
)
def test_only_a_sole_author_sees_that_nobody_else_posted(count, own, expected):
    people = (the_reader(),) if expected else authors(1)
    happened = activity(2, authors=people, figures=Figures(count, 1, 2), contributions=own)
    for words in both(of_group(activity=happened)):
        assert ("You were the only person to post." in words) is expected
        assert ("You wrote" in words or "You started" in words) is (count == 2)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (Contribution(1, 0, 0), "You wrote 1 post."),
        (Contribution(4, 0, 0), "You wrote 4 posts."),
        (Contribution(2, 0, 3), "You wrote 2 posts."),
        (Contribution(4, 2, 0), "You wrote 4 posts and started 2 topics."),
        (Contribution(4, 1, 1), "You wrote 4 posts and started 1 topic, and 1 person answered."),
        (
            Contribution(234, 2, 3),
            "You wrote 234 posts and started 2 topics, and 3 people answered.",
        ),
        (Contribution(2, 2, 3), "You started 2 topics, and 3 people answered."),
        (Contribution(1, 1, 0), "You started 1 topic."),
    ],
)
def test_the_contribution_of_the_reader_is_shown(own, expected):
    for words in both(of_group(activity=activity(contributions={READER: own}))):
        assert expected in words


def test_a_reader_without_posts_has_no_contribution():
    for words in both(
        of_group(activity=activity(contributions={"somebody": Contribution(3, 2, 1)}))
    ):
        assert "You wrote" not in words
        assert "You started" not in words


def test_two_readers_of_a_group_see_the_same_apart_from_their_contributions():
    shared, happened = (
        group(),
        activity(40, contributions={"u1": Contribution(3, 1, 2), "u9": Contribution(5, 0, 0)}),
    )
    texts = {}
    for reader in ("u1", "u9", "nobody", "u1"):
        part = membership(group=shared, activity=happened)
        texts[reader] = text_of(summary(on_site(part), id=reader)).partition("Allotments")[2]
    assert "You wrote 3 posts and started 1 topic, and 2 people answered.\n" in texts["u1"]
    assert "You wrote 5 posts.\n" in texts["u9"]
    assert "You " not in texts["nobody"].partition("Start a topic")[0].partition("Switch")[0]
    assert "Okonkwo 1" not in texts["u1"]  # the reader sees the others
    assert "Okonkwo 1" in texts["u9"]
    assert texts["u9"].replace("You wrote 5 posts.\n", "").replace("and 0 more", "") != ""


@pytest.mark.parametrize("make", [group, activity])
def test_a_group_and_an_activity_compare_by_identity(make):
    # As cache keys they have a constant cost.
    one = make()
    assert len({one, one, make()}) == 2


def test_different_views_of_a_group_are_cached_separately():
    shared, happened = group(secret=True), activity(40)
    plain = membership(group=shared, activity=happened)
    expected = {
        "Administrator": replace(plain, administrator=True),
        "Switch to the daily digest": plain,
    }
    for words, one in expected.items():
        assert words in Page(html_of(summary(on_site(one)))).words
    assert "Administrator" not in Page(html_of(summary(on_site(plain)))).words
    for language, words in (("de", "Themen"), ("fr", "Sujets"), ("en", "Topics")):
        assert words in Page(html_of(summary(on_site(plain), language=language))).words


def test_a_quotation_has_its_author_its_group_and_a_link():
    source = of_group(activity=activity(quotation=quotation("I lift mine in November.")))
    text, page = both(source)
    assert (
        "“I lift mine in November.” Maria Ortiz in Allotments: When to lift the dahlias "
        f"{HOME}/r/topic/t0" in text
    )
    assert "“I lift mine in November.” Maria Ortiz in Allotments: When to lift" in page
    assert f'href="{HOME}/r/topic/t0"' in html_of(source).partition("</blockquote>")[0]
    assert page.count("I lift mine") == 1


def test_an_unknown_author_is_called_somebody():
    for words in both(of_group(activity=activity(quotation=quotation(author=None)))):
        assert "Somebody in Allotments:" in words


def test_no_quotation_element_without_a_quotation():
    assert "<blockquote" not in html_of(summary())


MARIA = Author("maria", "Maria Ortiz", None)


def quoted(words, people, posts=3, latest=LATEST, author=MARIA):
    about = replace(topic(people=people, posts=posts), latest=latest)
    return membership(activity=activity(quotation=quotation(words, author=author, topic=about)))


@pytest.mark.parametrize(
    "second",
    [
        quoted("Second", people=5),
        quoted("Second", people=4, posts=9),
        quoted("Second", people=4, latest=LATEST + timedelta(hours=1)),
    ],
)
def test_the_quotation_is_of_the_topic_with_the_most_people(second):
    first = quoted("First", people=4)
    for order in ((first, second), (second, first)):
        source = summary(on_site(order[0]), on_site(order[1], id="s2", title="Two"))
        for words in both(source):
            assert "“Second”" in words
            assert "First" not in words


def test_readers_are_not_quoted_to_themselves():
    namesake = Author("another", the_reader().name, None)
    own = quoted("My own words", people=9, author=the_reader())
    for words in both(summary(on_site(own, quoted("Of another", people=1, author=namesake)))):
        assert "“Of another”" in words
        assert "My own" not in words


def test_a_long_quotation_is_cut():
    words = text_of(of_group(activity=activity(quotation=quotation("word " * 500))))
    quoted = joined(words).partition("“")[2].partition("”")[0]
    assert len(quoted) <= 280
    assert quoted.endswith("…")


def test_a_topic_says_how_many_people_discuss_it():
    lines = (topic("One", "a", posts=1, people=1), topic("Two", "b", posts=5, people=4))
    alone = topic("Three", "c", posts=3, people=1)
    text, page = both(of_group(activity=activity(9, topics=(*lines, alone))))
    assert "- One (1 post)" in text
    assert "- Two (5 posts by 4 people)" in text
    assert "- Three (3 posts)" in text
    assert "One 1 post Two 5 posts by 4 people Three 3 posts" in page


def test_the_topics_come_in_the_order_given():
    given = tuple(topic(f"T{n}", f"t{n}", posts=n) for n in (1, 9, 4, 7))
    source = of_group(activity=activity(21, topics=given))
    for words in both(source):
        places = [words.index(f"{each.title} ") for each in given]
        assert places == sorted(places)


def test_topics_that_are_not_given_are_counted():
    happened = activity(900, topics=topics(3), figures=Figures(4, 250, 900))
    for words in both(of_group(activity=happened)):
        assert "250 topics" in words
        assert "247 more topics" in words


def test_the_section_of_a_group_is_rendered_once_for_all_readers_with_the_same_view():
    class Counting(str):
        __slots__ = ()
        cut = 0

        def __getitem__(self, at):
            Counting.cut += 1
            return str(self)[at]

    shared, happened = group(Counting("Allotments")), activity()
    for number in range(20):
        part = membership(group=shared, activity=happened)
        composed(summary(on_site(part), id=f"reader{number}", name=f"Reader {number}"))
    assert Counting.cut <= 4  # once for the text and once for the HTML

# SPDX-License-Identifier: MIT
"""The order of the topics of a month."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.hooks import Period
from gs.profile.status.site.activity.topics import order_discussions
from gs.profile.status.site.store.posts import StoredPost, TimeSpan

SPAN = TimeSpan.of(Period(2026, 3))


def topic(name, *people, day=15, hour=0):
    """Return a topic that each of *people* posted to, in order, all on one day."""
    date = datetime(2026, 3, day, hour, tzinfo=UTC)
    return [
        StoredPost(f"{name}{n}", name, name, f"{name}0", who, date) for n, who in enumerate(people)
    ]


def order(*topics):
    posts = sorted(
        (post for one in topics for post in one), key=lambda post: (post.date, post.post_id)
    )
    return [one.topic_id for one in order_discussions(posts, SPAN)]


NINE_PEOPLE = ["abcdefghi"[n % 9] for n in range(15)]


@pytest.mark.parametrize("day", [1, 31])
def test_fifteen_posts_by_nine_people_rank_above_forty_by_two(day):
    forty = topic("forty", *"ab" * 20, day=day, hour=23)
    assert order(forty, topic("fifteen", *NINE_PEOPLE, day=1)) == ["fifteen", "forty"]
    uneven = topic("fifteen", *"abcdefghiaaaaaa", day=1)
    assert order(forty, uneven) == ["fifteen", "forty"]


def test_topics_without_an_answer_come_last():
    announced = topic("announced", *"a" * 30, day=31)
    assert order(announced, topic("answered", "a", "b", day=1)) == ["answered", "announced"]


def test_more_answers_of_as_many_people_are_worth_more():
    assert order(topic("a", *"ab"), topic("b", *"abab")) == ["b", "a"]


def test_a_later_topic_ranks_slightly_above_an_earlier_one():
    late, early = topic("late", *"abcd", day=31), topic("early", *"abcd", day=1)
    assert order(early, late) == ["late", "early"]
    a_bit_livelier = topic("a bit livelier", *"abcda", day=1)
    assert order(a_bit_livelier, late) == ["late", "a bit livelier"]
    livelier = topic("livelier", *"abcde", day=1)
    assert order(livelier, late) == ["livelier", "late"]


def test_equal_topics_are_ordered_by_their_latest_post_then_by_id():
    alone = [topic("z", "a", day=3), topic("b", "c", day=3), topic("y", "d", day=4)]
    assert order(*alone) == ["y", "b", "z"]
    assert order(topic("b", *"ab"), topic("B", *"cd")) == ["B", "b"]


def test_a_topic_has_the_posts_of_the_month():
    posts = topic("t", *"aba", day=9)
    discussion = order_discussions(posts, SPAN)[0]
    result = discussion.topic("https://s.example/t0")
    assert discussion.first_post_id == "t0"
    assert (result.title, result.posts, result.people) == ("t", 3, 2)
    assert result.url == "https://s.example/t0"
    assert result.latest == posts[-1].date


@given(
    st.lists(
        st.tuples(st.sampled_from("pqrstu"), st.sampled_from("abcde"), st.integers(1, 31)),
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_is_total_and_depends_on_the_posts_only(rows, random: Random):
    posts = [
        StoredPost(f"{n}", name, name, "", who, datetime(2026, 3, day, tzinfo=UTC))
        for n, (name, who, day) in enumerate(sorted(rows, key=lambda row: row[2]))
    ]
    first = [one.topic_id for one in order_discussions(posts, SPAN)]
    assert sorted(first) == sorted({name for name, *_ in rows})
    # The order of posts with the same date does not matter.
    random.shuffle(posts)
    posts.sort(key=lambda post: post.date)
    assert [one.topic_id for one in order_discussions(posts, SPAN)] == first

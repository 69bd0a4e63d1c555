# SPDX-License-Identifier: MIT
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.activity.activity import count_contributions, count_figures
from gs.profile.status.site.model import Contribution, Figures
from gs.profile.status.site.store.posts import StoredPost

DATE = datetime(2026, 3, 1, tzinfo=UTC)


@given(
    st.lists(st.tuples(st.sampled_from("pqr"), st.sampled_from("abcd")), max_size=25),
    st.sets(st.sampled_from("pqr")),
)
def test_figures_are_those_that_counting_by_hand_gives(rows, begun_earlier):
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

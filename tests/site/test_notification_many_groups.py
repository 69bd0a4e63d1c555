# SPDX-License-Identifier: MIT
"""The notification of somebody who is in more groups than a mail has room for."""

import re

import pytest

from notifications.reading import Page, composed, html_of, text_of
from notifications.summaries import HOME, activity, group, membership, on_site, summary, topics

# The clipping of Gmail, and what a mail is to have at most.
CLIPPED, MOST = 102_000, 60_000


def groups(count, posts=40, site="", **changes):
    """Return memberships: the first group has the fewest posts, the last the most."""
    return tuple(
        membership(
            group=group(f"{site}Group {n:03}", url=f"{HOME}/groups/{n}", **changes),
            activity=activity(posts + n if posts else 0),
        )
        for n in range(count)
    )


def cards(source):
    """Return the titles of the groups that are told in full, as the page has them."""
    return [words for level, words in Page(html_of(source)).headings() if level == 4]


def lines(source):
    """Return what is told in a line, as the text has it."""
    return re.findall(r"^- (Group \d+) \((.*)\)$", text_of(source), re.MULTILINE)


@pytest.mark.parametrize("count", [7, 20, 60, 300])
@pytest.mark.parametrize("posts", [40, 0])
def test_a_mail_stays_below_its_bound(count, posts):
    source = summary(on_site(*groups(count, posts)))
    assert len(html_of(source).encode()) <= MOST
    assert Page(html_of(source)).faults == []


def test_seven_small_groups_are_all_told_in_full():
    source = summary(on_site(*groups(7, 0)))
    assert len(cards(source)) == 7
    assert lines(source) == []


def test_the_liveliest_are_told_in_full_the_next_in_a_line_the_rest_is_counted():
    source = summary(on_site(*groups(60)))
    titles = [f"Group {n:03}" for n in range(60)]
    full = cards(source)
    told = lines(source)
    assert 5 <= len(full) <= 9
    assert full == titles[-len(full) :]
    assert [title for title, _ in told] == titles[-len(full) - 30 : -len(full)]
    assert told[0][1].endswith(f"{40 + 60 - len(full) - 30} posts")
    further = 60 - len(full) - 30
    assert f"- and {further} more\n" in text_of(source)
    assert f"and {further} more" in Page(html_of(source)).words


def test_a_line_links_its_group_in_the_text_and_on_the_page():
    source = summary(on_site(*groups(20)))
    assert f"- Group 000 (4 authors, 3 topics, 40 posts)\n  {HOME}/groups/0\n" in text_of(source)
    assert (f"{HOME}/groups/0", "Group 000") in Page(html_of(source)).links


def test_the_text_tells_the_same_groups_in_full_as_the_page():
    text = text_of(summary(on_site(*groups(60))))
    assert re.findall(r"^(Group \d+)\n-{9}$", text, re.MULTILINE) == cards(
        summary(on_site(*groups(60)))
    )


def test_the_groups_of_a_site_stay_below_it():
    sites = on_site(*groups(15, 10), title="Quiet"), on_site(*groups(15, 90), title="Busy")
    text = text_of(summary(*sites))
    quiet, busy = text.split("Your groups at Busy")
    assert "Group 000\n---" not in quiet
    assert quiet.count("\n- Group ") == 15
    assert "Group 014\n---" in busy
    assert busy.count("\n- Group ") + busy.count("\n---------\n") == 15


def test_a_group_in_which_nobody_posted_has_no_figures():
    text = text_of(summary(on_site(*groups(10), *groups(20, 0, "Idle "))))
    assert re.search(r"^- Idle Group \d+ \(0 posts\)$", text, re.MULTILINE)


def test_what_is_not_latin_takes_the_room_that_it_takes():
    words = "\u5ead\u3067\u91ce\u83dc\u3092\u80b2\u3066\u308b" * 8
    many = tuple(
        membership(group=group(words), activity=activity(40, topics=topics(3))) for _ in range(40)
    )
    html = html_of(summary(on_site(*many)))
    assert len(html.encode()) < MOST
    assert len(composed(summary(on_site(*many))).octets(eight_bit=True)) < CLIPPED

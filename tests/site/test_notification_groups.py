# SPDX-License-Identifier: MIT
"""The groups of a notification: the section of each, and limits for many."""

import re

import pytest

from gs.profile.status.site.model import Author, EmailSetting
from notifications.reading import Page, both, composed, html_of, joined, link, text_of
from notifications.summaries import (
    HOME,
    activity,
    authors,
    group,
    keywords,
    membership,
    of_group,
    on_site,
    summary,
    the_reader,
    topic,
    topics,
)

DIGEST = "Switch to the daily digest"
EACH_POST = "Switch to one e-mail per post"
TOO_STRICT = "The privacy of this group is too strict"


def test_a_group_has_its_links():
    source = of_group()
    pages = f"{HOME}/groups/allotments"
    assert link(source, "Allotments") == pages
    assert link(source, "Leave?") == f"{pages}/leave.html"
    assert link(source, "Start a topic") == f"{pages}/starttopic.html"
    assert ("mailto:allotments@groups.example.org", "allotments@groups.example.org") in Page(
        html_of(source)
    ).links


@pytest.mark.parametrize(
    ("second", "expected"),
    [("Lenth, Russell", "Ann; Lenth, Russell -"), ("Bob", "Ann, Bob -")],
)
def test_names_with_a_comma_are_separated_by_semicolons(second, expected):
    people = Author("a", "Ann", None), Author("b", second, None)
    text = joined(text_of(of_group(activity=activity(9, authors=people))))
    assert f"Authors: {expected}" in text


@pytest.mark.parametrize("administrator", [True, False])
def test_an_administrator_of_a_group_is_called_one(administrator):
    text, page = both(of_group(administrator=administrator))
    assert ("You are an administrator of this group." in text) is administrator
    assert ("Administrator" in page) is administrator


@pytest.mark.parametrize(
    ("secret", "members", "administrator", "shown"),
    [
        (True, 13, True, True),
        (True, 12, True, False),
        (False, 13, True, False),
        (True, 13, False, False),
    ],
)
def test_the_privacy_is_too_strict_for_a_big_secret_group(secret, members, administrator, shown):
    source = of_group(
        group=group(secret=secret, member_count=members), administrator=administrator
    )
    for words in both(source):
        assert (TOO_STRICT in words) is shown
    if shown:
        url = link(source, "Make it private instead of secret")
        assert url == f"{HOME}/groups/allotments/admin_change_basic_privacy.html"


def test_a_group_without_posts_shows_some_members():
    faces = (the_reader(), *authors(9))
    for words in both(of_group(group=group(members=faces), activity=activity(0))):
        assert "Nobody posted in July." in words
        assert "Ortiz 0" in words
        assert "Müller 5" in words
        assert "Khai 6" not in words
        assert "0 authors" not in words
        group_words = words.split("Your groups")[-1].split("Your profile")[0]
        assert "Anna Lindqvist" not in group_words


@pytest.mark.parametrize(
    ("people", "named", "more"),
    [
        (authors(1), 1, None),
        (authors(6), 6, None),
        (authors(7), 6, "and one more"),
        (authors(15), 6, "and 9 more"),
        ((the_reader(), *authors(6)), 6, None),
        ((the_reader(), *authors(7)), 6, "and one more"),
        ((*authors(9), the_reader()), 6, "and 3 more"),
        ((the_reader(), *authors(1)), 1, None),
    ],
)
def test_up_to_six_others_are_named(people, named, more):
    source = of_group(activity=activity(40, authors=people))
    page = Page(html_of(source))
    faces = [each for tag, each in page.elements if tag == "span" and each.get("aria-hidden")]
    assert len(faces) == named + 1  # the groups of the reader, in the profile
    for words in (joined(text_of(source)), page.words):
        assert (more in words) if more else (" more " not in words)
    assert f"{len(people)} author" in text_of(source)


def test_the_authors_stay_in_their_order():
    words = text_of(of_group(activity=activity(9, authors=authors(3))))
    assert "Maria Ortiz 0, Chukwuemeka Okonkwo 1, \u7530\u4e2d" in words


def test_the_only_author_sees_that_nobody_else_posted():
    alone, other = (the_reader(),), authors(1)
    for people, expected in ((alone, True), (other, False)):
        for words in both(of_group(activity=activity(2, authors=people))):
            assert ("You were the only person to post." in words) is expected


def titled(*lengths):
    return tuple(topic("t" * n, f"{n}-{at}", posts=5) for at, n in enumerate(lengths))


@pytest.mark.parametrize(
    ("lengths", "listed"),
    [
        ((127,), 1),
        ((128,), 1),
        ((100, 27), 2),
        ((100, 28), 1),
        ((40, 40, 40, 7), 4),
        ((60, 60, 60, 1), 2),
        ((0,) * 90, 7),
    ],
)
def test_titles_of_127_characters_are_listed(lengths, listed):
    source = of_group(activity=activity(9, topics=titled(*lengths)))
    page = Page(html_of(source))
    labels = [label for url, label in page.links if "/r/topic/" in url]
    assert len(labels) == listed
    assert sum(map(len, labels)) <= 127
    assert text_of(source).count("/r/topic/") == listed
    rest = len(lengths) - listed
    more = f"{rest} more topics" if rest > 1 else "one more topic"
    for words in (page.words, joined(text_of(source))):
        assert (more in words) is (rest > 0)


def test_the_figures_are_shown():
    source = of_group(activity=activity(234, authors=authors(3), topics=topics(1)))
    assert "3 authors, 1 topic, 234 posts" in text_of(source)
    assert "3 authors 1 topic 234 posts" in Page(html_of(source)).words


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("apples", "pears"), "apples, pears"),
        (("a" * 31, "b" * 32, "c@d.org", "www.example.org", "pears"), "a" * 31 + ", pears"),
        (
            ("a" * 31, "b" * 31, "c" * 30, "d" * 29),
            ", ".join(("a" * 31, "b" * 31, "c" * 30, "d" * 29)),
        ),
        (("a" * 31, "b" * 31, "c" * 30, "d" * 30), ", ".join(("a" * 31, "b" * 31, "c" * 30))),
    ],
)
def test_keywords_fill_127_characters(words, shown):
    source = of_group(activity=activity(9, keywords=keywords(*words)))
    text = joined(text_of(source))
    assert f"Keywords: {shown} Start" in text
    assert len(shown) <= 127
    assert shown in Page(html_of(source)).words.replace(" ,", ",")


def test_keywords_come_in_three_grades():
    html = html_of(of_group(activity=activity(9, keywords=keywords("first", "second", "third"))))
    assert "<b>first</b>" in html
    assert "\nsecond," in html
    assert ">third</span>" in html


def test_no_keyword_label_without_keywords():
    for words in both(of_group(activity=activity(9, keywords=()))):
        assert "Keywords" not in words


@pytest.mark.parametrize(
    ("delivery", "posts", "advice"),
    [
        (EmailSetting.EACH_POST, 31, DIGEST),
        (EmailSetting.EACH_POST, 30, None),
        (EmailSetting.EACH_POST, 1, None),
        (EmailSetting.DIGEST, 4, EACH_POST),
        (EmailSetting.DIGEST, 0, EACH_POST),
        (EmailSetting.DIGEST, 5, None),
        (EmailSetting.DIGEST, 99, None),
        (EmailSetting.WEB_ONLY, 99, None),
        (EmailSetting.WEB_ONLY, 1, None),
    ],
)
def test_the_email_setting_that_fits_the_traffic_is_suggested(delivery, posts, advice):
    source = of_group(email_setting=delivery, activity=activity(posts))
    for words in both(source):
        assert [each for each in (DIGEST, EACH_POST) if each in words] == [advice] * bool(advice)
    if advice:
        assert link(source, advice) == f"{HOME}/groups/allotments/email_settings.html"


# The size at which Gmail clips a mail, and our limit.
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
    """Return the titles of the groups that the HTML shows in full."""
    return [words for level, words in Page(html_of(source)).headings() if level == 4]


def lines(source):
    """Return the one-line groups of the text."""
    return re.findall(r"^- (Group \d+) \((.*)\)$", text_of(source), re.MULTILINE)


@pytest.mark.parametrize("count", [7, 20, 60, 300])
@pytest.mark.parametrize("posts", [40, 0])
def test_a_mail_stays_below_its_size_limit(count, posts):
    source = summary(on_site(*groups(count, posts)))
    assert len(html_of(source).encode()) <= MOST
    assert Page(html_of(source)).faults == []


def test_seven_small_groups_are_all_shown_in_full():
    source = summary(on_site(*groups(7, 0)))
    assert len(cards(source)) == 7
    assert lines(source) == []


def test_groups_are_shown_in_full_then_in_one_line_then_counted():
    source = summary(on_site(*groups(60)))
    titles = [f"Group {n:03}" for n in range(60)]
    full = cards(source)
    expected = lines(source)
    assert 5 <= len(full) <= 9
    assert full == titles[-len(full) :]
    assert [title for title, _ in expected] == titles[-len(full) - 30 : -len(full)]
    assert expected[0][1].endswith(f"{40 + 60 - len(full) - 30} posts")
    further = 60 - len(full) - 30
    assert f"- and {further} more\n" in text_of(source)
    assert f"and {further} more" in Page(html_of(source)).words


def test_a_line_links_its_group_in_the_text_and_in_the_html():
    source = summary(on_site(*groups(20)))
    assert f"- Group 000 (4 authors, 3 topics, 40 posts)\n  {HOME}/groups/0\n" in text_of(source)
    assert (f"{HOME}/groups/0", "Group 000") in Page(html_of(source)).links


def test_the_text_shows_the_same_groups_in_full_as_the_html():
    text = text_of(summary(on_site(*groups(60))))
    assert re.findall(r"^(Group \d+)\n-{9}$", text, re.MULTILINE) == cards(
        summary(on_site(*groups(60)))
    )


def test_the_groups_of_a_site_stay_below_their_size_limit():
    sites = on_site(*groups(15, 10), title="Quiet"), on_site(*groups(15, 90), title="Busy")
    text = text_of(summary(*sites))
    quiet, busy = text.split("Your groups at Busy")
    assert "Group 000\n---" not in quiet
    assert quiet.count("\n- Group ") == 15
    assert "Group 014\n---" in busy
    assert busy.count("\n- Group ") + busy.count("\n---------\n") == 15


def test_a_group_without_posts_has_no_figures():
    text = text_of(summary(on_site(*groups(10), *groups(20, 0, "Idle "))))
    assert re.search(r"^- Idle Group \d+ \(0 posts\)$", text, re.MULTILINE)


def test_the_limit_is_in_octets_not_in_characters():
    words = "\u5ead\u3067\u91ce\u83dc\u3092\u80b2\u3066\u308b" * 8
    many = tuple(
        membership(group=group(words), activity=activity(40, topics=topics(3))) for _ in range(40)
    )
    html = html_of(summary(on_site(*many)))
    assert len(html.encode()) < MOST
    assert len(composed(summary(on_site(*many))).octets(eight_bit=True)) < CLIPPED

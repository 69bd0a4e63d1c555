# SPDX-License-Identifier: MIT
"""The notification of a site behind which is no GroupServer: it links what there is."""

import re
from dataclasses import replace

import pytest

from gs.profile.status.site.model import EmailSetting
from notifications.reading import STOP, Page, both, html_of, text_of
from notifications.summaries import activity, group, membership, on_site, quotation, summary, topic

ARCHIVE = "https://archive.example/allotments/"
NOWHERE = {"url": None, "settings_url": None}
EMPTY = {"name": "", "biography": "", "photo": None}


def bare(posts=40, of_group=NOWHERE, at=None, **changes):
    """Return a summary for an administrator who gets digests, without any page."""
    one = replace(topic("Frost"), url=at)
    happened = activity(posts, topics=(one,), quotation=quotation("Cold.", topic=one))
    busy = membership(group=group(**of_group), activity=happened, administrator=True)
    secret = group("Committee", secret=True, member_count=13, **of_group)
    quiet = membership(
        group=secret,
        activity=activity(2, topics=(one,)),
        administrator=True,
        email_setting=EmailSetting.DIGEST,
    )
    site = on_site(busy, quiet, administrator=True, pages=False)
    return summary(site, url=None, logged_in=False, **changes)


@pytest.mark.parametrize("posts", [40, 0])
@pytest.mark.parametrize("who", [EMPTY, {}])
def test_all_that_is_linked_is_the_page_that_stops_it(posts, who):
    source = bare(posts, **who)
    page = Page(html_of(source))
    assert {url for url, _ in page.links if not url.startswith("mailto:")} == {STOP}
    assert set(re.findall(r"https?://\S+", text_of(source))) == {STOP}
    assert page.faults == []


def test_what_only_a_page_can_do_is_not_spoken_of():
    for words in both(bare(**EMPTY)):
        for gone in (
            "on the web",
            "Reset your password",
            "Start a",
            "Leave",
            "dminister the",
            "biography",
            "With a photo",
            "lists what you have posted",
            "Add a",
            "Switch to",
            "too strict",
        ):
            assert gone not in words


def test_what_the_month_was_is_told_all_the_same():
    for words in both(bare()):
        assert "“Cold.”" in words
        assert "Frost" in words
        assert "This is how the other members of your groups see you." in words
        assert "Anna Lindqvist" in words


def test_writing_to_the_group_is_the_way_to_post():
    text, page = both(bare())
    assert "Write to: allotments@groups.example.org" in text
    assert "Write to allotments@groups.example.org" in page
    for words in (text, page):
        assert "or write to" not in words.lower()


def test_no_paragraph_is_empty():
    page = html_of(bare(**EMPTY))
    assert re.findall(r"<p\b[^>]*>\s*</p>", page) == []
    assert "\n\n\n\n" not in text_of(bare(**EMPTY))


def test_an_archive_elsewhere_is_linked():
    where = {"url": ARCHIVE, "settings_url": None}
    source = bare(of_group=where, at=f"{ARCHIVE}frost")
    page = Page(html_of(source))
    assert (ARCHIVE, "Allotments") in page.links
    assert (f"{ARCHIVE}frost", "Frost") in page.links
    assert f"\n{ARCHIVE}\n" in text_of(source)
    assert f"\n  {ARCHIVE}frost\n" in text_of(source)
    assert not any("html" in url for url, _ in page.links)

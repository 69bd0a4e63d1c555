# SPDX-License-Identifier: MIT
"""The sections around the groups, with and without web pages of the site."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from gs.profile.status.site.model import Addresses, EmailSetting
from notifications.reading import STOP, Page, both, html_of, link, text_of
from notifications.summaries import (
    HOME,
    activity,
    group,
    membership,
    of_group,
    on_site,
    quotation,
    summary,
    topic,
    topics,
)


def test_the_sections_come_in_order():
    source = summary(on_site(news="<p>Hear, hear</p>"), logged_in=False)
    sections = ["What is happening in your groups", "News", "Reset your password", "Your groups"]
    sections += ["Allotments", "Your profile", "Your e-mail addresses", "Support"]
    rows = text_of(source).splitlines()
    underlined = [row for row, below in pairwise(rows) if below and not below.strip("=-")]
    assert underlined == sections
    headings = [words for _, words in Page(html_of(source)).headings()]
    assert headings == [*sections[:4], "Greenfield Community", *sections[4:]]


def test_headings_go_down_one_level_at_a_time():
    levels = [level for level, _ in Page(html_of(summary())).headings()]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_sentence_sums_up_the_month():
    quiet = membership(group=group("Quiet"), activity=activity(0))
    source = summary(on_site(membership(), membership(), quiet))
    for words in both(source):
        assert "In July, people wrote 24 posts on 6 topics in 2 of your 3 groups." in words


@pytest.mark.parametrize(
    ("posts", "sentence"),
    [(1, "1 post on 1 topic in your group."), (0, "Nobody posted in your groups in July.")],
)
def test_a_figure_of_one_is_singular(posts, sentence):
    for words in both(of_group(activity=activity(posts, topics=topics(min(posts, 1))))):
        assert sentence in words


def test_no_news_heading_without_news():
    for words in both(summary()):
        assert "News" not in words


def test_the_news_of_a_site_is_shown():
    source = summary(on_site(news='<p>Look <a href="https://n.example/">here</a></p>'))
    text, page = both(source)
    assert "News ==== Look here (https://n.example/)" in text
    assert "News Look here Your groups" in page


def test_news_of_several_sites_have_the_titles_of_the_sites():
    source = summary(
        on_site(title="One", news="<p>First</p>"),
        on_site(title="Two", news="<p>Second</p>"),
    )
    text, page = both(source)
    assert "News ==== One --- First Two --- Second" in text
    assert "News One First Two Second Your groups" in page


@pytest.mark.parametrize("logged_in", [True, False])
def test_only_a_reader_who_never_logged_in_is_asked_to_reset_the_password(logged_in):
    source = summary(logged_in=logged_in)
    for words in both(source):
        assert ("Reset your password" in words) is not logged_in
    if not logged_in:
        assert link(source, "Reset your password") == f"{HOME}/reset_password.html"


def test_sites_are_kept_apart():
    source = summary(
        on_site(membership(group=group("Aikido")), title="One"),
        on_site(membership(group=group("Bees")), title="Two", id="s2"),
    )
    for words in both(source):
        order = [
            words.index(each, words.index("Your groups"))
            for each in ("One", "Aikido", "Two", "Bees")
        ]
        assert order == sorted(order)
        assert "a member of One and Two." in words
    assert Page(html_of(source)).faults == []


@pytest.mark.parametrize("administrator", [True, False])
def test_an_administrator_of_the_site_gets_links_to_run_it(administrator):
    source = summary(on_site(administrator=administrator))
    if administrator:
        assert link(source, "Administer the site") == f"{HOME}/admindivision"
        assert link(source, "Start a group") == f"{HOME}/createagroup.html"
    for words in both(source):
        assert ("Administer" in words) is administrator


def test_the_profile_is_shown_with_links_to_change_it():
    source = summary()
    for words in both(source):
        assert "Anna Lindqvist I keep two hives. On Tuesdays I am in the tool shed." in words
        assert "no biography" not in words
    assert link(source, "profile") == f"{HOME}/p/anna"
    assert link(source, "Change the photo") == f"{HOME}/p/anna/image.html"
    assert link(source, "Change the name") == f"{HOME}/p/anna/edit.html"
    assert link(source, "Change the biography") == f"{HOME}/p/anna/edit.html"


def test_the_reader_is_asked_for_the_missing_parts_of_the_profile():
    source = summary(name="", photo=None, biography=" \n")
    for words in both(source):
        assert "No name yet" in words
        assert "There is no biography yet." in words
        assert "With a photo people recognise you." in words
    assert link(source, "Add a photo") == f"{HOME}/p/anna/image.html"
    assert link(source, "Add your name") == link(source, "Write a biography")


def test_each_kind_of_address_is_named():
    source = summary()
    text, page = both(source)
    assert (
        "Preferred: anna@example.org Other: anna@work.example.com Not verified: anna@old.ex"
        in text
    )
    assert (
        "anna@example.org preferred anna@work.example.com other anna@old.example.net not ver"
        in page
    )
    assert link(source, "Verify it") == link(source, "Add an address")
    assert link(source, "Verify it") == f"{HOME}/p/anna/emailsettings.html"


def test_no_request_to_verify_if_all_addresses_are_verified():
    for words in both(summary(addresses=Addresses(("a@example.org",), (), ()))):
        assert "erify" not in words
        assert "ther:" not in words


def test_the_support_section_says_how_to_stop_it():
    source = summary()
    for words in both(source):
        assert "send a mail with the subject “Summary off” to support@groups.example.org." in words
        assert "Questions? Write to support@groups.example.org." in words
    urls = [url for url, _ in Page(html_of(source)).links]
    assert "mailto:support@groups.example.org?subject=Summary%20off" in urls


def test_a_bounced_address_is_shown():
    addresses = Addresses(("a@example.org",), (), (), ("gone@example.org",))
    text, page = both(summary(addresses=addresses))
    assert "Mail came back: gone@example.org" in text
    assert "gone@example.org mail came back" in page
    for words in both(summary()):
        assert "came back" not in words


ARCHIVE = "https://archive.example/allotments/"
NOWHERE = {"url": None, "settings_url": None}
EMPTY = {"name": "", "biography": "", "photo": None}


def bare(posts=40, of_group=NOWHERE, at=None, **changes):
    """Return a summary without pages for an administrator with digests."""
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
def test_without_pages_only_the_unsubscribe_page_is_linked(posts, who):
    source = bare(posts, **who)
    page = Page(html_of(source))
    assert {url for url, _ in page.links if not url.startswith("mailto:")} == {STOP}
    assert set(re.findall(r"https?://\S+", text_of(source))) == {STOP}
    assert page.faults == []


def test_without_pages_nothing_refers_to_a_page():
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


def test_without_pages_the_activity_is_shown():
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

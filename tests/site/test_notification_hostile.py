# SPDX-License-Identifier: MIT
"""Hostile text in names, titles and biographies: the notification keeps its structure."""

import time
import unicodedata
from dataclasses import replace
from email.utils import getaddresses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from gs.profile.status.site.model import Addresses, Author, Grade, Keyword
from notifications.reading import STOP, Page, composed, html_of, part, received, text_of
from notifications.summaries import (
    HOME,
    activity,
    authors,
    group,
    membership,
    on_site,
    quotation,
    summary,
    topic,
)

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}&amp;%(x)s"
LINES = "Anna\r\nBcc: all@example.org\r\n\r\nhello\x0b\x85\u2028\u2029x"
BIDI = "abc\u202egnp.exe\u2066\u200f\u061c\u2069\u202d"
BROKEN = "a\x00b\udcffc\ud800d\ufeff\u200b\ufffe\x1b[31m"
ALLOWED_INVISIBLE = set("\u200c\u200d\n\u2068\u2069")


def summary_with(words, url=None):
    """Return a summary in which all texts of people are *words* and all URLs are *url*."""
    where = {} if url is None else {"url": url}
    person = Author("u1", words, url)
    first, second = (replace(topic(title), **where) for title in (words, "Another"))
    happened = activity(
        9,
        authors=(person, *authors(2, photos=0)),
        topics=(first, second),
        quotation=quotation(words, author=Author("u2", words, None), topic=first),
        keywords=(Keyword(words, Grade.BOLD),),
    )
    placed = where | ({} if url is None else {"settings_url": url})
    quiet = membership(group=group(words, members=(person,), **placed), activity=activity(0))
    addresses = Addresses(("anna@example.org", words), (words,), (words,), (words,))
    site = on_site(
        membership(group=group(words, **placed), activity=happened),
        quiet,
        title=words,
        **where,
    )
    return summary(site, name=words, biography=words, photo=url, addresses=addresses, **where)


def overlong(text):
    """Return the lines over 78 columns that have more than one word."""
    return [row for row in text.splitlines() if cell_len(row) > 78 and not _is_one_word(row)]


def _is_one_word(row):
    # A line is not broken between a label or a dash and a too long word.
    words = row.removeprefix("- ").split()
    return len(words) == 1 or (row[17:18] == " " and len(row[18:].split()) == 1)


@pytest.mark.parametrize("words", [MARKUP, LINES, BIDI, BROKEN])
def test_hostile_text_adds_no_field_and_no_recipient(words):
    usual, message = received(summary()), received(summary_with(words))
    assert set(message.keys()) == set(usual.keys())
    (recipient,) = getaddresses([str(message["To"])])
    assert recipient[1] == "anna@example.org"
    assert not message.defects


@pytest.mark.parametrize("words", [MARKUP, LINES, BIDI, BROKEN])
def test_hostile_text_adds_no_element(words):
    usual, page = Page(html_of(summary_with("plain"))), Page(html_of(summary_with(words)))
    assert page.faults == []
    extra = {"bdi", "b", "p"}  # an isolated name; a possible keyword; lines of a biography
    assert {tag for tag, _ in page.elements} - extra <= {tag for tag, _ in usual.elements}
    assert not any(name.startswith("on") for _, names in page.elements for name in names)
    assert "49" not in page.words


@pytest.mark.parametrize("words", [LINES, BIDI, BROKEN])
def test_no_character_hides_text_or_changes_its_direction(words):
    source = summary_with(words)
    for shown in (text_of(source), html_of(source)):
        hidden = {c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
        assert hidden <= ALLOWED_INVISIBLE


def test_plain_text_is_not_escaped():
    words = "Fish & <chips> 'n' \"peas\""
    text = text_of(summary_with(words))
    assert text.count(words) > 9
    assert "&amp;" not in text
    assert "&lt;" not in text


def test_news_cannot_move_the_groups():
    parts = [membership(group=group(title)) for title in ("Aikido", "Bees")]
    site = on_site(*parts, news="<p>a\0\nb\1</p>\0\n")
    for words in (text_of(summary(site)), Page(html_of(summary(site))).words):
        assert words.index("News") < words.index("Your groups") < words.index("Aikido")
        assert words.index("Aikido") < words.index("Bees") < words.index("Your profile")


def test_right_to_left_text_is_isolated():
    name = "\u0645\u062d\u0645\u062f"
    source = summary_with(name)
    text, html = text_of(source), html_of(source)
    assert text.count(name) == text.count(f"\u2068{name}\u2069") > 5
    for isolated in (
        f"<bdi>{name}</bdi>",
        f'<bdi class="whole">{name}</bdi>',
        f'<p dir="auto" style="margin:0 0 12px">{name}</p>',
    ):
        assert isolated in html
        html = html.replace(isolated, "")
    assert name not in html


def test_a_noncharacter_is_replaced():
    text = text_of(summary(biography=BROKEN))
    assert "a b\ufffdc\ufffdd\ufffd [31m" in text


def test_joiners_stay_in_names():
    names = ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "👩\u200d🚀 Ada")
    for name in names:
        assert name in text_of(summary(name=name))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://example.org/",
        "//example.org/",
        "/p/anna",
        "https://a b/",
        'https://a.example/"><b>',
        "https://a.example/\nx",
        "https://" + "x" * 900,
    ],
)
def test_only_web_links_are_rendered(url):
    source = summary_with("plain", url)
    page = Page(html_of(source))
    others = [target for target, _ in page.links if target != STOP]
    assert {target.partition(":")[0] for target in others} == {"mailto"}
    assert page.all("img") == []
    assert "javascript" not in text_of(source).lower()


def test_a_link_with_letters_of_any_script_is_encoded():
    happened = activity(topics=(topic("Zäune", "zäune&x=<1>"),))
    page = Page(html_of(summary(on_site(membership(activity=happened)))))
    assert (f"{HOME}/r/topic/z%C3%A4une&x=%3C1%3E", "Zäune") in page.links


def test_texts_of_ten_megabytes_are_rendered_quickly():
    def spent(text):
        begin = time.process_time()
        assert len(composed(summary_with(text)).octets(eight_bit=False)) < 60_000
        return time.process_time() - begin

    composed(summary())  # the templates are compiled now
    huge = "\u202ew\x00 " * 2_500_000
    # Reading all of the text takes two hundred times as long.
    assert spent(huge) < 20 * spent(huge[:50_000])


@pytest.mark.parametrize("words", [MARKUP, LINES, BIDI, BROKEN])
def test_a_hostile_quotation_stays_within_its_marks(words):
    quoted = quotation(words, author=Author("u2", words, None))
    quiet = membership(activity=activity(quotation=quoted))
    source = summary(on_site(quiet))
    html = html_of(source)
    inside = html.partition("<blockquote")[2].partition("</blockquote>")[0]
    assert not {"script", "img"} & {tag for tag, _ in Page(inside).elements}
    assert text_of(source).count("“") == 2  # and once around the subject of a mail
    assert not any(row.startswith(("Bcc", "hello")) for row in text_of(source).splitlines())


def test_long_words_are_cut():
    text = text_of(summary_with("w" * 5000))
    assert "w" * 99 + "…" in text
    assert "w" * 601 not in text


words = st.text(st.characters(codec=None), max_size=300)


@settings(max_examples=60, deadline=None)
@given(words)
def test_any_text_gives_a_mail_that_can_be_parsed(text):
    message = received(summary_with(text))
    assert not message.defects
    assert message["Subject"] == "What is happening in your groups"
    assert overlong(part(message, "plain")) == []
    assert Page(part(message, "html")).faults == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("abc\u7530\u4e2d\u3002 \u0645e\u0301👩", max_size=90), max_size=9))
def test_any_names_are_wrapped(names):
    people = tuple(Author(f"u{n}", name, None) for n, name in enumerate(names))
    source = summary(on_site(membership(activity=activity(authors=people))))
    assert overlong(text_of(source)) == []

# SPDX-License-Identifier: MIT
"""The news of a site: cleaned HTML, plain text, limits, and the rest of the mail."""

import time

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gs.profile.status.site.notification.news import as_text, clean
from notifications.reading import Page, composed, html_of, joined, text_of
from notifications.summaries import membership, on_site, summary

ROOM = 8_000
_PICTURE = 'style="max-width:100%"'


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("plain &amp; simple", "plain &amp; simple"),
        ("<p>One <b>bold</b></p>", "<p>One <b>bold</b></p>"),
        ("Hello <!-- oops", "Hello"),
        ("Hello <style>p {} <p>more", "Hello"),
        ("a<script>alert(1)</script>b", "ab"),
        ("<p>a<b>b", "<p>a<b>b</b></p>"),
        ("</div></td></tr></table>a", "a"),
        ("<plaintext>a </div>", "a &lt;/div&gt;"),
        ("<textarea>a", None),
        ('<p class="page" id="x" style="position:fixed" onclick="x()">a</p>', "<p>a</p>"),
        ("<form action=x><input name=y>a</form>", "a"),
        ("<![CDATA[a]]>b", "b"),
        ("a&#0;&#1;&#13;\r\n\x0bb\ud800", "a\ufffd\nb?"),
        ("<p></p><br>", None),
        ("", None),
    ],
)
def test_the_html_of_news_is_cleaned(written, kept):
    assert clean(written, ROOM) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://x.example/a?b=1#c", "https://x.example/a?b=1#c"),
        (" http://x.example/ ", "http://x.example/"),
        ("HTTP://x.example/", None),
        ("https://x.example/é<b>", "https://x.example/%C3%A9%3Cb%3E"),
        ("mailto:a@x.example?subject=Hello%20there", "mailto:a@x.example?subject=Hello%20there"),
        ("javascript:alert(1)", None),
        ("java&#10;script:alert(1)", None),
        ("data:text/html,x", None),
        ("ftp://x.example/", None),
        ("/relative", None),
        ("//x.example/", None),
    ],
)
def test_a_link_has_a_web_or_mail_target(written, kept):
    (element,) = Page(clean(f'<a href="{written}">a</a>', ROOM)).elements
    assert element == ("a", {} if kept is None else {"href": kept})


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://x.example/a.png", f'src="https://x.example/a.png" {_PICTURE}'),
        ("http://x.example/a.png", _PICTURE),
        ("data:image/png;base64,x", _PICTURE),
        ("mailto:a@x.example", _PICTURE),
    ],
)
def test_a_picture_needs_https(written, kept):
    assert clean(f'a<img src="{written}" onerror="x()">', ROOM) == f"a<img {kept}>"


def test_a_picture_is_no_wider_than_the_mail():
    page = Page(clean('a<img width="300" onclick="x()" alt="Hall">', ROOM))
    assert page.elements == [("img", {"alt": "Hall", "width": "300", "style": "max-width:100%"})]


WORDS = "<p>Some ten words or so, and this is the last.</p>"


def test_news_that_fits_is_whole():
    fitting = WORDS * (ROOM // len(WORDS))
    assert clean(fitting, ROOM) == fitting


def test_long_news_is_cut_at_a_block():
    kept = clean(WORDS * 4_000, ROOM)
    paragraphs, _, rest = kept.rpartition("<p>…</p>")
    assert rest == ""
    assert paragraphs == WORDS * (len(paragraphs) // len(WORDS))
    assert ROOM * 8 // 10 < len(kept.encode()) <= ROOM


def test_a_list_is_cut_after_an_entry_and_closed():
    kept = clean(f"<div><ul>{'<li>An <b>entry</b></li>' * 2_000}</ul></div>", ROOM)
    assert kept.endswith("<li>An <b>entry</b></li></ul></div><p>…</p>")
    assert len(kept) > ROOM * 8 // 10


def test_a_block_that_is_too_long_is_left_out():
    assert clean(f"<h2>Title</h2><p>{'word ' * 30_000}", ROOM) == "<h2>Title</h2><p>…</p>"


@pytest.mark.parametrize("written", ["w" * 160_000, "&lt;" * 10_000, "\u4e00" * 9_000])
def test_news_without_blocks_is_cut_at_the_limit(written):
    kept = clean(written, ROOM)
    assert kept.endswith("<p>…</p>")
    assert ROOM * 8 // 10 < len(kept.encode()) <= ROOM


def test_cut_news_ends_with_an_ellipsis():
    written = f"{WORDS}<!-- {'x' * 50_000} -->{WORDS}"
    assert clean(written, ROOM) == f"{WORDS}<p>…</p>"


def test_news_that_does_not_fit_when_cut_is_left_out():
    assert clean("<div>" * 5_000 + "a", ROOM) is None


@pytest.mark.parametrize(
    "piece", ["<b>", "<div>", "<p><b><i><u>", "<table>", "&", "<!-- ", "<a><b><p>x</a>"]
)
def test_megabytes_of_news_are_read_quickly(piece):
    def spent(octets):
        written = piece * (octets // len(piece))
        begin = time.process_time()
        clean(written, ROOM)
        return time.process_time() - begin

    # Reading all of the text takes a hundred times as long.
    assert spent(5_000_000) < 20 * max(spent(50_000), 0.005)


pieces = st.sampled_from(
    [
        *("<", ">", "&", "<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<table>", "<tr>"),
        *("<td>", "</table>", "<ul><li>", '<a href="https://x.example/">', "</a>", "<!--"),
        *("-->", "<style>", "word ", "\u4e00", "<br>", "<select>", "<svg>", "<math>", "<h2>"),
        '<p title="<b>">',
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(pieces, max_size=60), st.integers(1, 400))
def test_cleaned_html_is_always_balanced_and_within_the_limit(written, room):
    kept = clean("".join(written), room) or ""
    assert len(kept.encode()) <= room
    assert Page(kept).faults == []
    body = html5lib.parse(f"<section>{kept}</section><hr>", namespaceHTMLElements=False)[1]
    assert [element.tag for element in body] == ["section", "hr"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain &amp; simple", "plain & simple"),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("<p>a  <b>bold</b>\n word</p>", "a bold word"),
        ("one<br>two", "one\ntwo"),
        ("<center>one</center><center>two</center>", "one\ntwo"),
        ("<figure>one<figcaption>two</figcaption></figure>", "one\ntwo"),
        ("<table><caption>one</caption><tr><td>two</td></tr></table>", "one\ntwo"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ('<a href="https://x.example/">here</a>', "here (https://x.example/)"),
        ('<a href="javascript:x">here</a>', "here"),
        ("<a>here</a>", "here"),
        ('<img src="x" alt="Our new hall">', "Our new hall"),
        ("<style>p{}</style><p>seen</p><script>x</script>", "seen"),
        ("a\u202eb\x00c", "abc"),
        ('<img title="a>b" alt="c"><p title="x>y">z</p>', "c\nz"),
        (
            '<a title="href=1" href="https://x.example/?a=1&amp;b=2">&lt;here&gt;</a>',
            "<here> (https://x.example/?a=1&b=2)",
        ),
        ('<a href="mailto:%3Ca%3E@x.example">Write</a>', "Write (<a>@x.example)"),
        ("</a></p><p>unbalanced", "unbalanced"),
        ('<a href="https://x.example/">https://x.example/</a>', "https://x.example/"),
        ('<a href="mailto:a@x.example?subject=b">Write</a>', "Write (a@x.example)"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
    ],
)
def test_news_read_as_text(html, text):
    assert as_text(clean(html, 8_000)) == text


LARGE = "<p>Some ten words or so, and this is the last.</p>" * 4_000


def with_news(*news):
    """Return a summary with one site for each of the *news*."""
    return summary(
        *(on_site(membership(), title=f"S{n}", news=each) for n, each in enumerate(news))
    )


def places_of_headings(html):
    """Return the headings, each with its parent elements."""

    def look(element, above):
        path = (*above, element.tag)
        if element.tag in {"h1", "h2"}:
            yield "".join(element.itertext()), path
        for child in element:
            yield from look(child, path)

    return list(look(html5lib.parse(html, namespaceHTMLElements=False), ()))


@pytest.mark.parametrize(
    "news",
    [
        "Hello <!-- oops",
        "Hello <style>",
        "Hello <script>",
        "Hello <textarea>",
        "Hello <plaintext>",
        "Hello <table><tr><td>",
        "Hello </div></td></tr></table></td></tr></table>",
        "Hello <a href='https://x.example/",
        "Hello <a href='https://x.example/'>",
        "Hello <b><i>",
        "Hello <svg><style>",
        "Hello " * 30_000,
    ],
)
def test_broken_news_does_not_change_the_rest_of_the_mail(news):
    usual, source = with_news("<p>Hello</p>"), with_news(news)
    assert places_of_headings(html_of(source)) == places_of_headings(html_of(usual))
    html = html_of(source)
    assert "Hello" in html
    assert html.partition("Your groups")[2] == html_of(usual).partition("Your groups")[2]
    text = text_of(source)
    assert "Hello" in text
    assert text.partition("Your groups")[2] == text_of(usual).partition("Your groups")[2]


def test_the_text_has_the_words_of_the_html():
    source = with_news("<p>Seen</p><style>p{}</style><script>x</script><!-- y --><title>z</title>")
    assert "News ==== Seen Your groups" in joined(text_of(source))


def test_the_text_has_the_addresses_that_the_html_links_to():
    source = with_news('<a href="mailto:a@x.example?subject=y">Write</a> <a href="ftp://x/">z</a>')
    assert "News ==== Write (a@x.example) z Your groups" in joined(text_of(source))


@pytest.mark.parametrize("news", [LARGE, "\u4e00" * 100_000, "w" * 100_000, "é " * 100_000])
@pytest.mark.parametrize(("sites", "eight_bit"), [(1, False), (1, True), (3, True)])
def test_a_mail_stays_under_60_kb_with_the_largest_news(news, sites, eight_bit):
    made = composed(with_news(*[news] * sites))
    assert made.html.count("…") == made.text.count("…") == sites
    assert len(made.octets(eight_bit=eight_bit)) < 60_000


def test_news_without_text_has_no_heading():
    assert "News" not in text_of(with_news("<p> </p><!-- later -->"))
    assert ">News<" not in html_of(with_news("<p> </p><!-- later -->"))

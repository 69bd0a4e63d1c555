# SPDX-License-Identifier: MIT
"""The HTML of a site's news: what stays of it, whatever it is, and how much."""

import time

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gs.profile.status.site.notification.news import clean
from notifications.reading import Page

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
        ("a&#0;&#1;&#13;\r\n\x0bb\ud800", "a\ufffd\n\nb?"),
        ("<p></p><br>", None),
        ("", None),
    ],
)
def test_what_stays_of_some_html(written, kept):
    assert clean(written, ROOM) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://x.example/a?b=1#c", "https://x.example/a?b=1#c"),
        (" HTTP://x.example/ ", "http://x.example/"),
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
def test_a_link_leads_to_the_web_or_to_an_address(written, kept):
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
def test_a_picture_comes_over_https(written, kept):
    assert clean(f'a<img src="{written}" onerror="x()">', ROOM) == f"a<img {kept}>"


def test_a_picture_has_a_size_that_fits():
    page = Page(clean('a<img width="300" height="9999" alt="Hall">', ROOM))
    assert page.elements == [("img", {"alt": "Hall", "width": "300", "style": "max-width:100%"})]


WORDS = "<p>Some ten words or so, and this is the last.</p>"


def test_news_that_fits_is_whole():
    fitting = WORDS * (ROOM // len(WORDS))
    assert clean(fitting, ROOM) == fitting


def test_too_much_is_cut_at_a_block():
    kept = clean(WORDS * 4_000, ROOM)
    paragraphs, _, rest = kept.rpartition("<p>…</p>")
    assert rest == ""
    assert paragraphs == WORDS * (len(paragraphs) // len(WORDS))
    assert ROOM - 2 * len(WORDS) < len(kept.encode()) <= ROOM


def test_a_list_is_cut_after_an_entry_and_closed():
    kept = clean(f"<div><ul>{'<li>An <b>entry</b></li>' * 2_000}</ul></div>", ROOM)
    assert kept.endswith("<li>An <b>entry</b></li></ul></div><p>…</p>")
    assert len(kept) > ROOM - 100


@pytest.mark.parametrize(
    ("written", "end"),
    [
        (f"<h2>Title</h2><p>{'word ' * 30_000}", " word word…</p>"),
        ("w" * 160_000, "www…"),
        ("&lt;" * 10_000, "&lt;&lt;…"),
        ("\u4e00" * 9_000, "\u4e00\u4e00…"),
    ],
)
def test_a_block_that_is_too_long_is_cut_within(written, end):
    kept = clean(written, ROOM)
    assert kept.endswith(end)
    assert ROOM - 20 < len(kept.encode()) <= ROOM


def test_what_was_not_even_looked_at_is_told():
    written = f"{WORDS}<!-- {'x' * 50_000} -->{WORDS}"
    assert clean(written, ROOM) == f"{WORDS}<p>…</p>"


def test_what_opens_more_than_there_is_room_for_is_left_out():
    assert clean("<div>" * 5_000 + "a", ROOM) is None


@pytest.mark.parametrize(
    "piece", ["<b>", "<div>", "<p><b><i><u>", "<table>", "&", "<!-- ", "<a><b><p>x</a>"]
)
def test_megabytes_take_no_time(piece):
    def spent(octets):
        written = piece * (octets // len(piece))
        begin = time.process_time()
        clean(written, ROOM)
        return time.process_time() - begin

    # What looks at all of it takes a hundred times as long.
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
def test_whatever_is_written_what_is_kept_is_balanced_and_no_longer(written, room):
    kept = clean("".join(written), room) or ""
    assert len(kept.encode()) <= room
    assert Page(kept).faults == []
    body = html5lib.parse(f"<section>{kept}</section><hr>", namespaceHTMLElements=False)[1]
    assert [element.tag for element in body] == ["section", "hr"]

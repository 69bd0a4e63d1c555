# SPDX-License-Identifier: MIT
"""The HTML of the notification in a real browser."""

from dataclasses import replace

import pytest

from gs.profile.status.site.model import Addresses
from gs.profile.status.site.notification import preview
from notifications.browser import CONTRASTS, chromium, shown
from notifications.reading import composed, html_of
from notifications.sample import LANGUAGES, rich
from notifications.summaries import (
    activity,
    authors,
    group,
    keywords,
    membership,
    on_site,
    summary,
    topics,
)

pytestmark = pytest.mark.browser

WIDTHS = (320, 600, 1200)
LONG = "Donaudampfschifffahrtselektrizit\u00e4tenhauptbetriebswerk" * 4

BACKGROUNDS = """
() => [document.body, ...document.querySelectorAll("table, td")].map(
  e => getComputedStyle(e).backgroundColor).filter(c => c !== "rgba(0, 0, 0, 0)")
"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def active():
    busy = membership(administrator=True, group=group(secret=True), activity=activity(90))
    quiet = membership(group=group("Quiet"), activity=activity(0))
    news = '<p>We <a href="https://groups.example.org/news">move</a> on Saturday.</p>'
    return html_of(summary(on_site(busy, quiet, administrator=True, news=news), logged_in=False))


@pytest.fixture(scope="module")
def overlong():
    people, words = authors(6), keywords("k" * 31, "l" * 31, "m" * 31)
    people = tuple(replace(each, name=LONG) for each in people)
    subjects = tuple(replace(each, title=LONG) for each in topics(3))
    happened = activity(1234567, authors=people, topics=subjects, keywords=words)
    crowded = group(LONG, email="x" * 60 + "@groups.example.org", secret=True)
    memberships = [membership(group=crowded, activity=happened, administrator=True)]
    site = on_site(*memberships, title=LONG, administrator=True, news=f"<p>{LONG}</p>")
    return html_of(summary(site, name=LONG, biography=LONG))


@pytest.fixture(scope="module", params=LANGUAGES)
def html(request):
    return html_of(rich(request.param))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_language_fits_and_has_enough_contrast(browser, html, width, scheme):
    with shown(browser, html, width=width, scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert [each for each in page.evaluate(CONTRASTS) if each[0] < 4.5] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("which", ["active", "overlong"])
def test_no_element_overflows(browser, request, which, width):
    with shown(browser, request.getfixturevalue(which), width=width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        outside = page.evaluate(
            "width => [...document.querySelectorAll('body *')].filter(e => e.getClientRects()"
            ".length && e.getBoundingClientRect().right > width + 1).map(e => e.outerHTML)",
            width,
        )
        assert outside == []


# The two characters between which each address is broken.
BREAKS = """
() => [...document.querySelectorAll("a[href^=mailto], bdi")].flatMap(element => {
  const found = [], range = document.createRange();
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let before = null;
  for (let node; node = walker.nextNode();) {
    for (let at = 0; at < node.length; at++) {
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const top = Math.round(range.getBoundingClientRect().top);
      if (before && before.top !== top) found.push(before.character + node.data[at]);
      before = {top, character: node.data[at]};
    }
  }
  return found;
})
"""


@pytest.mark.parametrize("width", WIDTHS)
def test_an_address_is_broken_only_before_a_dot_or_behind_the_at_sign(browser, width):
    far = "the.whole.community@correspondence.allotments.example.org"
    source = on_site(membership(group=group(email=far)), support_email=far)
    addresses = Addresses((far,), ("anna@example.org",), (far,))
    with shown(browser, html_of(summary(source, addresses=addresses)), width=width) as page:
        breaks = page.evaluate(BREAKS)
    assert bool(breaks) is (width == 320)
    assert [each for each in breaks if not (each[0] == "@" or each[1] == ".")] == []


# Words that are broken over lines; Japanese text may break anywhere.
BROKEN_WORDS = """
() => {
  const found = [], range = document.createRange();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    if (!node.data.trim() || !node.parentElement.getClientRects().length) continue;
    for (const word of node.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const tops = new Set([...range.getClientRects()].map(each => Math.round(each.top)));
      if (tops.size > 1 && !/[\\p{Script=Han}\\p{Script=Hiragana}]/u.test(word[0]))
        found.push(word[0]);
    }
  }
  return found;
}
"""


def test_no_word_is_broken_on_a_narrow_phone(browser, html):
    with shown(browser, html, width=320) as page:
        assert page.evaluate(BROKEN_WORDS) == []


def test_the_column_is_no_wider_than_600_pixels(browser, active):
    with shown(browser, active, width=1200) as page:
        box = page.locator("h1").bounding_box()
        assert box["width"] <= 600
        assert abs(box["x"] + box["width"] / 2 - 600) < 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(browser, active, scheme):
    with shown(browser, active, scheme=scheme) as page:
        contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 60
    assert {"A", "P", "H1", "SPAN"} <= {tag for _, tag, _ in contrasts}
    assert [each for each in contrasts if each[0] < 4.5] == []


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_the_colours_follow_the_colour_scheme(browser, active, scheme, is_dark):
    with shown(browser, active, scheme=scheme) as page:
        colours = page.evaluate(BACKGROUNDS)
    assert len(colours) >= 2
    for colour in colours:
        channels = [int(each) for each in colour.removeprefix("rgb(").removesuffix(")").split(",")]
        assert (max(channels) < 64) is is_dark, colour


def test_the_mail_is_complete_without_images(browser, active):
    with shown(browser, active, images=True) as page:
        words, height = page.inner_text("body"), page.evaluate("document.body.scrollHeight")
    with shown(browser, active, images=False) as page:
        assert page.inner_text("body") == words
        assert abs(page.evaluate("document.body.scrollHeight") - height) < 10
        photos = page.locator("img")
        assert photos.count() >= 3
        for photo in photos.all():
            assert len(photo.get_attribute("alt")) in {1, 2}
            background = photo.evaluate("e => getComputedStyle(e.parentElement).backgroundColor")
            assert background.startswith("rgb(")


def test_the_figures_are_visible_without_scrolling(browser):
    with shown(browser, html_of(summary()), width=600) as page:
        for words in ("12 posts on 3 topics", "authors", "When to lift the dahlias"):
            assert page.get_by_text(words).filter(visible=True).first.bounding_box()["y"] < 900


def test_the_preview_shows_both_parts_side_by_side(browser, tmp_path):
    made = preview.write(composed(summary()).octets(eight_bit=True), tmp_path)
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.route(lambda url: url.startswith("http"), lambda route: route.abort())
    page.goto(made.page.as_uri())
    frame, text = (
        page.locator("iframe").bounding_box(),
        page.locator("pre").bounding_box(),
    )
    assert frame["width"] == 600
    assert frame["x"] + frame["width"] < text["x"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 1400
    inner = page.frame_locator("iframe").locator("html").evaluate("e => e.scrollHeight")
    assert abs(frame["height"] - inner) < 2
    page.close()

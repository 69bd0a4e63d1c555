# SPDX-License-Identifier: MIT
"""The news of a site in a whole mail: the rest of it is as it would be without."""

import html5lib
import pytest

from notifications.reading import composed, html_of, joined, text_of
from notifications.summaries import membership, on_site, summary

LARGE = "<p>Some ten words or so, and this is the last.</p>" * 4_000


def with_news(*news):
    """Return the summary of somebody with a site for each of the *news*."""
    return summary(
        *(on_site(membership(), title=f"S{n}", news=each) for n, each in enumerate(news))
    )


def places_of_headings(html):
    """Return the headings, each with the elements that it is in."""

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
def test_news_swallow_nothing_of_the_rest(news):
    usual, source = with_news("<p>Hello</p>"), with_news(news)
    assert places_of_headings(html_of(source)) == places_of_headings(html_of(usual))
    html = html_of(source)
    assert "Hello" in html
    assert html.partition("Your groups")[2] == html_of(usual).partition("Your groups")[2]
    text = text_of(source)
    assert "Hello" in text
    assert text.partition("Your groups")[2] == text_of(usual).partition("Your groups")[2]


def test_the_text_says_what_the_html_does():
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


def test_news_without_a_word_have_no_heading():
    assert "News" not in text_of(with_news("<p> </p><!-- later -->"))
    assert ">News<" not in html_of(with_news("<p> </p><!-- later -->"))

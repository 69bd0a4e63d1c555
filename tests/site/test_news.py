# SPDX-License-Identifier: MIT
"""A site's news as plain text."""

import pytest

from gs.profile.status.site.notification.news import as_text, clean


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
        ("</a></p><p>unbalanced", "unbalanced"),
        ('<a href="https://x.example/">https://x.example/</a>', "https://x.example/"),
        ('<a href="mailto:a@x.example?subject=b">Write</a>', "Write (a@x.example)"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
    ],
)
def test_news_read_as_text(html, text):
    assert as_text(clean(html, 8_000)) == text

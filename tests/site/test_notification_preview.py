# SPDX-License-Identifier: MIT
"""The preview files of a mail."""

import email
import re
from email.policy import default
from html import unescape

from gs.profile.status.site.notification import preview
from notifications.reading import Page, composed, part, received
from notifications.summaries import group, membership, on_site, summary

HOSTILE = "</pre><script>alert('x')</script>\"'&"


def written(source, folder, **how):
    return preview.write(composed(source).octets(eight_bit=False), folder, **how)


def test_the_parts_are_as_they_were_mailed(tmp_path):
    made = written(summary(), tmp_path / "new" / "folder")
    message = received(summary())
    assert made.text.read_text("utf-8") == part(message, "plain")
    assert made.html.read_text("utf-8") == part(message, "html")
    assert email.message_from_bytes(made.eml.read_bytes(), policy=default)["To"] == message["To"]


def test_a_text_sent_in_base64_has_the_same_lines(tmp_path):
    words = "\u5ead\u3067\u91ce\u83dc\u3092\u80b2\u3066\u308b\u3002" * 10
    asian = tuple(membership(group=group(words)) for _ in range(20))
    made = written(summary(on_site(*asian), biography=words), tmp_path)
    assert b"\nContent-Transfer-Encoding: base64\r\n" in made.eml.read_bytes()
    assert b"\r" not in made.text.read_bytes()


def test_the_page_shows_the_header_fields(tmp_path):
    page = Page(written(summary(), tmp_path).page.read_text("utf-8"))
    assert page.faults == []
    assert "SubjectWhat is happening in your groups" in page.words
    assert "FromGreenfield Community <support@groups.example.org>" in page.words
    assert "ToAnna Lindqvist <anna@example.org>" in page.words


def test_the_page_contains_both_parts_and_loads_nothing(tmp_path):
    made = written(summary(), tmp_path, width=320)
    source = made.page.read_text("utf-8")
    (frame,) = Page(source).all("iframe")
    assert frame["srcdoc"] == made.html.read_text("utf-8")
    assert "allow-scripts" not in (frame["sandbox"] or "")
    shown = re.search(r"<pre>(.*)</pre>", source, re.DOTALL)
    assert shown is not None
    assert unescape(shown[1]) == made.text.read_text("utf-8")
    assert "width: 320px" in source
    assert not [each for each in Page(source).all("link") if each.get("href")]


def test_the_mail_is_escaped_in_the_page(tmp_path):
    usual = Page(written(summary(), tmp_path / "a").page.read_text("utf-8"))
    hostile = summary(
        on_site(membership(group=group(HOSTILE)), title=HOSTILE), name=HOSTILE, biography=HOSTILE
    )
    page = Page(written(hostile, tmp_path / "b").page.read_text("utf-8"))
    assert page.faults == []
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in usual.elements]

# SPDX-License-Identifier: MIT
import base64
import re
from hashlib import sha256
from pathlib import Path

import html5lib

from embedded.pages import ONE_CLICK, heading, stop_path
from embedded.parts import MARCH, decider
from gs.profile.status.site.links import STOP_PATH
from gs.profile.status.site.store import tables
from gs.profile.status.site.web.pages import PREVIEW_PATH
from gs.profile.status.site.web.pages.unsubscribe import SUBSYSTEM, TURNED_OFF, TURNED_ON, Change


def test_the_page_has_nothing_by_which_one_could_tell_whose_it_is(pages):
    for answer in (
        pages.ask("GET", stop_path("ann")),
        pages.post(stop_path("ann"), ONE_CLICK),
    ):
        for personal in (
            b"Ann",
            b"Other",
            b"ann@",
            b'"ann"',
            stop_path("ann").encode(),
        ):
            assert personal not in answer.body


def test_the_page_names_the_site_that_the_mail_is_from(pages):
    assert "<bdi>Site</bdi>" in pages.ask("GET", stop_path("ann")).body.decode()


def test_of_several_sites_it_names_the_one_that_the_mail_is_from(pages, town):
    # By title, not by ID; and never one without a group of the member.
    town.site("a", "Zebras")
    town.site("b", "apes")
    town.site("c", "Ants")
    for site_id in ("a", "b", "c"):
        town.join("ann", "", site_id)
    for site_id in ("a", "b"):
        town.group("g", site_id)
        town.join("ann", "g", site_id)
    town.post("ann", "2026-03-05")
    with town.engine.connect() as connection:
        deciding = decider()
        (member,) = deciding.look_up(connection, ["ann"]).values()
        letter = deciding.decide(connection, member, MARCH).mail
    assert b"From: apes <" in letter.octets(eight_bit=False)
    assert "<bdi>apes</bdi>" in pages.ask("GET", stop_path("ann")).body.decode()


def test_who_is_on_no_site_has_a_page_too(pages, town):
    town.insert(tables.PERSON, user_id="zoe", name="Zo\u00eb")
    answer = pages.ask("GET", stop_path("zoe"))
    assert (answer.status, heading(answer)) == (200, "The monthly summary is on")
    assert "<title>The monthly summary is on</title>" in answer.body.decode()


def test_the_title_of_a_site_is_harmless(pages, town):
    title = "<script>alert(1)</script>\u202e\r\n" + "x" * 10_000
    town.site("evil", title)
    town.insert(tables.PERSON, user_id="eve", name="Eve")
    town.join("eve", "", "evil")
    body = pages.ask("GET", stop_path("eve")).body.decode()
    assert "<script" not in body
    assert "\u202e" not in body
    assert "&lt;script&gt;" in body
    assert len(body) < 6_000


def test_the_page_speaks_the_language_of_the_member(pages, town):
    for language in ("en", "de", "fr", "es", "de-AT", "xx", ""):
        user_id = f"speaks-{language}"
        town.insert(tables.PERSON, user_id=user_id, name="X", language=language)
        body = pages.ask("GET", stop_path(user_id), None, {"Accept-Language": "fr"}).body.decode()
        expected = {"xx": "en", "": "en"}.get(language, language)
        assert f'<html lang="{expected}" dir="ltr">' in body


WORDS = {
    "en": ("The monthly summary is on", "Stop the monthly summary"),
    "de": ("Der Monats\u00fcberblick ist eingeschaltet", "Monats\u00fcberblick abbestellen"),
    "fr": ("Le r\u00e9sum\u00e9 mensuel est actif", "Arr\u00eater le r\u00e9sum\u00e9 mensuel"),
    "es": ("El resumen mensual est\u00e1 activado", "Dejar de recibir el resumen mensual"),
}


def test_the_page_is_in_that_language_throughout(pages, town):
    english = set(text(pages.ask("GET", stop_path("ann"))))
    for language, (headed, button) in WORDS.items():
        town.insert(tables.PERSON, user_id=language, name="X", language=language)
        answer = pages.ask("GET", stop_path(language))
        assert heading(answer) == headed
        assert f">{button}</button>" in answer.body.decode()
        assert language == "en" or not english & set(text(answer))


ACCEPTED = [
    ("de-DE,de;q=0.9,en;q=0.8", "de"),
    ("ja, fr;q=0.5", "fr"),
    ("es", "es"),
    ("", "en"),
    ("*", "en"),
    ("tlh;q=1", "en"),
    ("\xff,;;=,", "en"),
    ("x," * 20_000, "en"),
]


def test_a_page_for_nobody_speaks_the_language_of_the_browser(pages):
    for accepted, language in ACCEPTED:
        answer = pages.ask("GET", f"{STOP_PATH}x", None, {"Accept-Language": accepted})
        assert f'<html lang="{language}"' in answer.body.decode(), accepted


def text(answer):
    return re.findall(r"<(?:p|h1|button)[^>]*>([^<]+)<", answer.body.decode())


def answers(pages):
    path = stop_path("ann")
    return {
        "on": pages.ask("GET", path),
        "off": pages.post(path, ONE_CLICK),
        "still off": pages.ask("GET", path),
        "on again": pages.post(path, {"summary": "on"}),
        "bad": pages.post(path, {}),
        "not found": pages.ask("GET", f"{path}x"),
    }


def test_every_page_is_valid_html(pages):
    for name, answer in answers(pages).items():
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(answer.body)
        assert tree.get("lang") == "en", name
        for tag in ("main", "h1", "title"):
            assert len(tree.findall(f".//{tag}")) == 1, (name, tag)
        for tag in ("script", "img", "link", "a"):
            assert tree.findall(f".//{tag}") == [], (name, tag)


def test_no_page_is_kept_framed_indexed_or_told_of(pages):
    for answer in answers(pages).values():
        headers = answer.headers
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Robots-Tag"] == "noindex"
        assert headers["X-Content-Type-Options"] == "nosniff"
        policy = dict(one.split(" ", 1) for one in headers["Content-Security-Policy"].split("; "))
        style = re.search(b"<style>(.*?)</style>", answer.body, re.DOTALL)[1]
        digest = base64.b64encode(sha256(style).digest()).decode()
        assert policy == {
            "default-src": "'none'",
            "style-src": f"'sha256-{digest}'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
            "base-uri": "'none'",
        }


# The manual


def test_the_manual_has_the_paths_the_codes_and_the_fields():
    manual = (Path(__file__).parents[2] / "docs/reference/pages.md").read_text()
    assert f"## `{STOP_PATH}…`" in manual
    assert f"## `{PREVIEW_PATH}`" in manual
    for code, word in ((TURNED_OFF, "off"), (TURNED_ON, "on")):
        event = f"| `{SUBSYSTEM}` | {code} | a member turned the summary {word} |"
        assert event in manual
    for way in {change.value[1] for change in Change}:
        assert f"`{way}`" in manual
    for status in (200, 400, 403, 404, 405, 413, 429, 503):
        assert str(status) in manual

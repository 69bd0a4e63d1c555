# SPDX-License-Identifier: MIT
"""The unsubscribe page, and the links to it."""

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from email import message_from_bytes
from email.policy import default
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import html5lib
import pytest
from sqlalchemy import create_engine

from embedded.commands import running
from embedded.database import only
from embedded.pages import (
    NOW,
    ONE_CLICK,
    URLENCODED,
    events,
    heading,
    live_pages,
    skips,
    stop_path,
)
from embedded.parts import MARCH, decider
from gs.profile.status.hooks import MEMBERS_URI, SEND_URI
from gs.profile.status.site.links import STOP_PATH
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.members import list_members
from gs.profile.status.site.web.pages import PREVIEW_PATH
from gs.profile.status.site.web.pages.unsubscribe import SUBSYSTEM, TURNED_OFF, TURNED_ON, Change
from limits import LIMIT

# For tests that do not depend on the kind of database.
ONE_DATABASE = only("sqlite")


def multipart(fields, boundary="=_b"):
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    header = {"Content-Type": f'multipart/form-data; boundary="{boundary}"'}
    return f"{parts}--{boundary}--\r\n".encode(), header


# RFC 8058, point by point


def test_one_click_unsubscribes_at_once(pages, db):
    answer = pages.ask("POST", stop_path("ann"), b"List-Unsubscribe=One-Click", URLENCODED)
    assert answer.status == 200
    assert heading(answer) == "The monthly summary is off"
    assert skips(db) == {"ann"}


@ONE_DATABASE
def test_one_click_may_be_multipart(pages, db):
    answer = pages.ask("POST", stop_path("ann"), *multipart(ONE_CLICK))
    assert answer.status == 200
    assert skips(db) == {"ann"}


@ONE_DATABASE
def test_one_click_may_be_chunked(pages, db):
    body = iter([b"List-Unsub", b"scribe=One-Click"])
    assert pages.ask("POST", stop_path("ann"), body, URLENCODED).status == 200
    assert skips(db) == {"ann"}


def test_an_unsubscribed_member_is_not_listed(pages, db):
    def listed():
        with db.engine.connect() as connection:
            return list_members(connection, after="", limit=10)

    assert listed() == ["ann", "bob"]
    pages.post(stop_path("ann"), ONE_CLICK)
    assert listed() == ["bob"]
    pages.post(stop_path("ann"), {"summary": "on"})
    assert listed() == ["ann", "bob"]


@ONE_DATABASE
def test_only_the_link_identifies_the_member(pages, db):
    # Cookies, credentials and the origin are ignored, and no cookie is set.
    for headers in (
        {},
        {"Origin": "https://mail.example", "Referer": "https://mail.example/"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Cookie": "session=of-somebody-else", "Authorization": "Basic Ym9iOmJvYg=="},
    ):
        body = b"List-Unsubscribe=One-Click"
        answer = pages.ask("POST", stop_path("ann"), body, URLENCODED | headers)
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers
        assert skips(db) == {"ann"}
        pages.post(stop_path("ann"), {"summary": "on"})
        assert skips(db) == set()


@ONE_DATABASE
def test_no_answer_is_a_redirect(pages):
    path = stop_path("ann")
    for wanted in (path, f"{path}/", f"{path}?a=b", f"/{path}", STOP_PATH):
        for method in ("GET", "HEAD"):
            answer = pages.ask(method, wanted)
            assert answer.status in {200, 404}, wanted
            assert "Location" not in answer.headers
        for fields in (ONE_CLICK, {"summary": "on"}, {}):
            answer = pages.post(wanted, fields)
            assert answer.status in {200, 400, 404}, wanted
            assert "Location" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("query", ["", "?List-Unsubscribe=One-Click", "?summary=off"])
@ONE_DATABASE
def test_a_get_changes_nothing(pages, db, method, query):
    answer = pages.ask(method, stop_path("ann") + query)
    assert answer.status == 200
    assert (skips(db), events(db)) == (set(), [])
    pages.post(stop_path("ann"), ONE_CLICK)
    assert pages.ask(method, f"{stop_path('ann')}?summary=on").status == 200
    assert skips(db) == {"ann"}


@ONE_DATABASE
def test_a_get_with_a_body_changes_nothing(pages, db):
    answer = pages.ask("GET", stop_path("ann"), b"List-Unsubscribe=One-Click", URLENCODED)
    assert answer.status == 200
    assert skips(db) == set()


@ONE_DATABASE
def test_a_head_has_the_header_fields_of_a_get(pages):
    get, head = (pages.ask(method, stop_path("ann")) for method in ("GET", "HEAD"))
    assert head.body == b""
    assert set(get.headers.items()) - {("date", get.headers["date"])} == (
        set(head.headers.items()) - {("date", head.headers["date"])}
    )


def test_unsubscribing_is_idempotent(pages, db):
    for _ in range(3):
        assert pages.post(stop_path("ann"), ONE_CLICK).status == 200
    assert skips(db) == {"ann"}
    assert events(db) == [("1", "ann", "one-click")]


def test_many_simultaneous_clicks_are_one_event(pages, db):
    with ThreadPoolExecutor(8) as threads:
        clicks = [threads.submit(pages.post, stop_path("ann"), ONE_CLICK) for _ in range(16)]
    assert {click.result().status for click in clicks} == {200}
    assert events(db) == [("1", "ann", "one-click")]


# The button


@ONE_DATABASE
def test_the_page_says_whether_the_summary_is_on_and_has_one_button(pages):
    answer = pages.ask("GET", stop_path("ann"))
    assert heading(answer) == "The monthly summary is on"
    assert answer.body.count(b"<button") == 1
    assert b"Stop the monthly summary</button>" in answer.body
    pages.post(stop_path("ann"), ONE_CLICK)
    answer = pages.ask("GET", stop_path("ann"))
    assert heading(answer) == "The monthly summary is off"
    assert answer.body.count(b"<button") == 1
    assert b"Turn it on again</button>" in answer.body


def test_the_button_turns_it_off_and_on_again(pages, db):
    answer = pages.post(stop_path("ann"), {"summary": "off"})
    assert (answer.status, heading(answer)) == (200, "The monthly summary is off")
    assert skips(db) == {"ann"}
    answer = pages.post(stop_path("ann"), {"summary": "on"})
    assert (answer.status, heading(answer)) == (200, "The monthly summary is on")
    assert skips(db) == set()
    assert events(db) == [("1", "ann", "page"), ("2", "ann", "page")]


def test_an_unchanged_state_is_not_audited(pages, db):
    assert pages.post(stop_path("ann"), {"summary": "on"}).status == 200
    assert events(db) == []


@ONE_DATABASE
def test_only_a_change_is_confirmed(pages):
    assert b'role="status"' not in pages.ask("GET", stop_path("ann")).body
    assert b'role="status"' in pages.post(stop_path("ann"), {"summary": "off"}).body
    assert b'role="status"' not in pages.ask("GET", stop_path("ann")).body


def test_the_trail_has_a_subsystem_of_its_own(pages, db):
    pages.post(stop_path("ann"), ONE_CLICK)
    (row,) = db.rows(tables.AUDIT_EVENT)
    assert (row.subsystem, row.event_date) == ("gs.profile.status.site", NOW)


def test_a_button_of_an_outdated_page_does_not_toggle(pages, db):
    # The button sets a state; it does not toggle.
    pages.post(stop_path("ann"), ONE_CLICK)
    pages.post(stop_path("ann"), {"summary": "off"})
    assert skips(db) == {"ann"}


# The content of the page


@ONE_DATABASE
def test_the_page_does_not_identify_the_member(pages):
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


def test_the_page_names_the_first_of_several_sites(pages, db):
    # By title and not by ID, and only sites with a group of the member.
    db.add_site("a", "Zebras")
    db.add_site("b", "apes")
    db.add_site("c", "Ants")
    for site_id in ("a", "b", "c"):
        db.add_membership("ann", "", site_id)
    for site_id in ("a", "b"):
        db.add_group("g", site_id)
        db.add_membership("ann", "g", site_id)
    db.add_post("ann", "2026-03-05")
    with db.engine.connect() as connection:
        deciding = decider()
        (member,) = deciding.look_up(connection, ["ann"]).values()
        mail = deciding.decide(connection, member, MARCH).mail
    assert b"From: apes <" in mail.octets(eight_bit=False)
    assert "<bdi>apes</bdi>" in pages.ask("GET", stop_path("ann")).body.decode()


def test_a_member_without_a_site_has_a_page(pages, db):
    db.insert(tables.PERSON, user_id="zoe", name="Zo\u00eb")
    answer = pages.ask("GET", stop_path("zoe"))
    assert (answer.status, heading(answer)) == (200, "The monthly summary is on")
    assert "<title>The monthly summary is on</title>" in answer.body.decode()


@ONE_DATABASE
def test_the_title_of_a_site_is_escaped(pages, db):
    title = "<script>alert(1)</script>\u202e\r\n" + "x" * 10_000
    db.add_site("evil", title)
    db.insert(tables.PERSON, user_id="eve", name="Eve")
    db.add_membership("eve", "", "evil")
    body = pages.ask("GET", stop_path("eve")).body.decode()
    assert "<script" not in body
    assert "\u202e" not in body
    assert "&lt;script&gt;" in body
    assert len(body) < 6_000


@ONE_DATABASE
def test_the_page_uses_the_language_of_the_member(pages, db):
    for language in ("en", "de", "fr", "es", "de-AT", "xx", ""):
        user_id = f"speaks-{language}"
        db.insert(tables.PERSON, user_id=user_id, name="X", language=language)
        body = pages.ask("GET", stop_path(user_id), None, {"Accept-Language": "fr"}).body.decode()
        expected = {"xx": "en", "": "en"}.get(language, language)
        assert f'<html lang="{expected}" dir="ltr">' in body


WORDS = {
    "en": ("The monthly summary is on", "Stop the monthly summary"),
    "de": ("Der Monats\u00fcberblick ist eingeschaltet", "Monats\u00fcberblick abbestellen"),
    "fr": ("Le r\u00e9sum\u00e9 mensuel est actif", "Arr\u00eater le r\u00e9sum\u00e9 mensuel"),
    "es": ("El resumen mensual est\u00e1 activado", "Dejar de recibir el resumen mensual"),
}


@ONE_DATABASE
def test_the_whole_page_uses_that_language(pages, db):
    english = set(text(pages.ask("GET", stop_path("ann"))))
    for language, (headed, button) in WORDS.items():
        db.insert(tables.PERSON, user_id=language, name="X", language=language)
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


@ONE_DATABASE
def test_a_page_without_a_member_uses_the_language_of_the_browser(pages):
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


@ONE_DATABASE
def test_every_page_is_valid_html(pages):
    for name, answer in answers(pages).items():
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(answer.body)
        assert tree.get("lang") == "en", name
        for tag in ("main", "h1", "title"):
            assert len(tree.findall(f".//{tag}")) == 1, (name, tag)
        for tag in ("script", "img", "link", "a"):
            assert tree.findall(f".//{tag}") == [], (name, tag)


@ONE_DATABASE
def test_no_page_is_cached_framed_indexed_or_sent_as_referrer(pages):
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


def test_the_manual_documents_the_paths_codes_and_fields():
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


# Other forms


OTHER_FORMS = [
    b"",
    b"List-Unsubscribe",
    b"List-Unsubscribe=one-click",
    b"List-Unsubscribe=One-Click2",
    b"list-unsubscribe=One-Click",
    b"summary=",
    b"summary=Off",
    b"summary=toggle",
    b"One-Click",
    b"\xff\xfe\0",
    b"a=b" * 200 + b"&" * 200,
    b'{"List-Unsubscribe": "One-Click"}',
]


@ONE_DATABASE
def test_any_other_form_is_refused_and_changes_nothing(pages, db):
    for body in OTHER_FORMS:
        answer = pages.ask("POST", stop_path("ann"), body, URLENCODED)
        assert (answer.status, heading(answer)) == (400, "Nothing was changed"), body
    assert (skips(db), events(db)) == (set(), [])


@ONE_DATABASE
def test_a_body_that_is_not_a_form_is_refused(pages, db):
    for kind in (
        "text/plain",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; x",
    ):
        headers = {"Content-Type": kind}
        answer = pages.ask("POST", stop_path("ann"), b"List-Unsubscribe=One-Click", headers)
        assert (answer.status, heading(answer)) == (400, "Nothing was changed"), kind
    answer = pages.ask("POST", stop_path("ann"), b"List-Unsubscribe=One-Click")
    assert answer.status == 400
    assert skips(db) == set()


@ONE_DATABASE
def test_an_uploaded_file_is_refused(pages, db):
    body = (
        b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"; filename="One-Click"'
        b"\r\n\r\nOne-Click\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = pages.ask("POST", stop_path("ann"), body, headers)
    assert (answer.status, heading(answer)) == (400, "Nothing was changed")
    assert skips(db) == set()


@ONE_DATABASE
def test_a_form_beyond_64_kib_is_not_read(pages, db):
    body = b"List-Unsubscribe=One-Click&x=" + b"x" * 65_536
    answer = pages.ask("POST", stop_path("ann"), body, URLENCODED)
    assert (answer.status, heading(answer)) == (413, "Nothing was changed")
    assert skips(db) == set()


@ONE_DATABASE
def test_other_methods_are_refused(pages, db):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        answer = pages.ask(method, stop_path("ann"))
        assert answer.status == 405
        assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert skips(db) == set()


# Forged links


def broken():
    path, other = stop_path("ann"), stop_path("bob")
    return [
        path[:-1],
        f"{path}A",
        f"{path}%00",
        f"{path}/",
        f"{path}%2F..%2F",
        path[:-22] + other[-22:],
        stop_path("ann", key="another key"),
        path.replace("YW5u", "YW5V"),
        STOP_PATH + path.removeprefix(STOP_PATH).upper(),
        STOP_PATH,
        f"{STOP_PATH}ann",
        f"{STOP_PATH}%F0%9F%99%82",
        f"{STOP_PATH}{'A' * 30_000}",
        stop_path("\ud800"),
    ]


@ONE_DATABASE
def test_a_forged_link_changes_and_reveals_nothing(pages, db):
    bodies = set()
    for path in broken():
        for answer in (
            pages.ask("GET", path),
            pages.post(path, ONE_CLICK),
            pages.post(path, {}),
        ):
            assert (answer.status, heading(answer)) == (
                404,
                "This link does not work",
            ), path
            bodies.add(answer.body)
        assert pages.ask("HEAD", path).status == 404, path
    assert len(bodies) == 1
    assert (skips(db), events(db)) == (set(), [])


@pytest.mark.parametrize(
    "path",
    [
        f"{stop_path('ann')}%0D%0ASet-Cookie:%20a=b",
        stop_path("ann").upper(),
        "/" + "%2e" * 9,
    ],
)
@ONE_DATABASE
def test_an_unknown_path_is_not_found(pages, db, path):
    answer = pages.post(path, ONE_CLICK)
    assert (answer.status, answer.headers["Set-Cookie"]) == (404, None)
    assert skips(db) == set()


@ONE_DATABASE
def test_any_changed_character_invalidates_the_link(pages, db):
    path = stop_path("ann")
    for position in range(len(STOP_PATH), len(path)):
        other = "A" if path[position] != "A" else "B"
        forged = path[:position] + other + path[position + 1 :]
        assert pages.post(forged, ONE_CLICK).status == 404
    assert skips(db) == set()


@ONE_DATABASE
def test_a_path_of_a_megabyte_does_not_stop_the_server(pages):
    try:
        status = pages.ask("GET", f"{STOP_PATH}{'A' * 1_000_000}").status
    except OSError:  # the server stopped reading
        status = 414
    assert status in {400, 404, 414, 431}
    assert pages.ask("GET", stop_path("ann")).status == 200


def test_a_deleted_member_looks_like_a_forged_link(pages, db):
    db.add_person("gone", "g", removed=True, email=False)
    forged = pages.post(f"{stop_path('ann')}x", ONE_CLICK)
    for path in (
        stop_path("gone"),
        stop_path("nobody"),
        stop_path("a\0b"),
        stop_path(""),
    ):
        for answer in (pages.ask("GET", path), pages.post(path, ONE_CLICK)):
            assert (answer.status, answer.body) == (404, forged.body)
    assert (skips(db), events(db)) == (set(), [])


def test_an_id_of_any_characters_has_a_page(pages, db):
    odd = "\u4f50\u85e4 / % \U0001f642 '\"<"
    db.add_person(odd, "g")
    assert pages.post(stop_path(odd), ONE_CLICK).status == 200
    assert skips(db) == {odd}


# Errors


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////no/such/folder/site.sqlite3",
        "postgresql+psycopg://127.0.0.1:1/nobody",
    ],
    ids=["sqlite", "postgresql"],
)
def test_a_failing_database_is_answered_with_503(url):
    engine = create_engine(url)
    with live_pages(engine) as pages:
        for answer in (
            pages.ask("GET", stop_path("ann")),
            pages.post(stop_path("ann"), ONE_CLICK),
        ):
            assert (answer.status, heading(answer)) == (503, "Not just now")
            assert answer.headers["Retry-After"] == "60"
        # A forged link is still refused.
        assert pages.ask("GET", f"{stop_path('ann')}x").status == 404
    engine.dispose()


def test_an_exhausted_pool_is_answered_with_503(tmp_path):
    url = f"sqlite:///{tmp_path}/site.sqlite3"
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    with engine.connect(), live_pages(engine) as pages:
        answer = pages.ask("GET", stop_path("ann"))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    engine.dispose()


# A mail of a running site


def test_one_click_in_a_mail_stops_the_notifications(tmp_path):
    folder = tmp_path / "demo"
    with running("demo", "--folder", folder, folder=tmp_path) as (_process, ready):
        parser = ConfigParser(interpolation=None)
        parser.read(ready["config"])
        token = parser["webservice-default"]["token"]

        def post(path, fields):
            request = Request(ready["url"].rstrip("/") + path, urlencode(fields).encode())
            with urlopen(request, timeout=LIMIT) as answer:
                assert answer.status == 200
                return answer.read().decode()

        def members():
            return json.loads(post(MEMBERS_URI, {"token": token, "get": ""}))

        def send(user_id):
            form = {"token": token, "send": "Send", "profileId": user_id}
            return json.loads(post(SEND_URI, form))["status"]

        before = members()
        reader = next(user_id for user_id in before if send(user_id) == 0)
        (mail,) = Path(folder).glob("Maildir/new/*")
        message = message_from_bytes(mail.read_bytes(), policy=default)

        # RFC 8058, 3.1: one HTTPS URI, and the field that allows one-click.
        (link,) = re.findall(r"<(https:[^>]*)>", message["List-Unsubscribe"])
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        path = urlsplit(link).path
        for part in ("plain", "html"):
            assert link in message.get_body((part,)).get_content()

        with urlopen(ready["url"].rstrip("/") + path, timeout=LIMIT) as page:
            assert b"summary" in page.read()
        assert members() == before
        post(path, {"List-Unsubscribe": "One-Click"})
        assert members() == [user_id for user_id in before if user_id != reader]
        assert send(reader) == -32

        shown = post("/gs-profile-status-preview", {"token": token, "profileId": reader})
        assert "explicitly opted out (status -32)" in shown
        post(path, {"summary": "on"})
        assert members() == before
        shown = post("/gs-profile-status-preview", {"token": token, "profileId": reader})
        assert "<iframe" in shown
        assert link in shown
        assert len(list(Path(folder).glob("Maildir/new/*"))) == 1

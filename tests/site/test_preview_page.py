# SPDX-License-Identifier: MIT
import asyncio
import threading

import html5lib
import pytest
from sqlalchemy.exc import OperationalError

from embedded.database import TOKEN, only
from embedded.pages import Mail, live_pages, nobody
from gs.profile.status.hooks import Period, Status
from gs.profile.status.site.store import tables
from gs.profile.status.site.web.pages import PlannedNotification
from gs.profile.status.site.web.tokens import DELAY, MAX_WAITING
from limits import LIMIT, wait_until

# The page reads nothing from the database itself.
pytestmark = only("sqlite")

PATH = "/gs-profile-status-preview"
SKIPPING = "Skipping the monthly profile-status notification for Ann (ann): explicitly opted out"


def form(profile_id="ann", **fields):
    return {"token": TOKEN, "profileId": profile_id, "period": "2026-02", **fields}


def tree(answer):
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(answer.body)


def words(answer):
    return " ".join("".join(tree(answer).find("body").itertext()).split())


def fields(answer):
    return {one.get("name"): one for one in tree(answer).iter("input")}


def shows(mail):
    return lambda _user_id, _period: PlannedNotification(Status.SENT, "Sent", mail)


@pytest.fixture
def asked():
    """Return a list of the previewed members."""
    return []


@pytest.fixture
def wrong_tokens():
    """Return a list of the audited wrong tokens."""
    return []


@pytest.fixture
def page(db, asked, wrong_tokens):
    """Serve the page of a site in which Ann would get a mail."""

    def look(user_id, period):
        asked.append((user_id, period))
        return shows(Mail())(user_id, period) if user_id == "ann" else nobody(user_id, period)

    with live_pages(db.engine, look, wrong_tokens=wrong_tokens) as running:
        yield running


def test_the_page_asks_for_a_token_a_member_and_a_month(page, asked):
    answer = page.ask("GET", PATH)
    assert answer.status == 200
    there = fields(answer)
    assert list(there) == ["token", "profileId", "period"]
    assert (there["token"].get("type"), there["token"].get("autocomplete")) == (
        "password",
        "off",
    )
    assert there["period"].get("type") == "month"
    labels = {one.get("for") for one in tree(answer).iter("label")}
    assert labels == {one.get("id") for one in there.values()}
    (sent,) = tree(answer).iter("form")
    assert sent.get("method") == "post"
    assert asked == []


def test_a_member_s_notification_is_shown(page, asked):
    answer = page.post(PATH, form())
    assert answer.status == 200
    assert asked == [("ann", Period(2026, 2))]
    (frame,) = tree(answer).iter("iframe")
    assert frame.get("srcdoc") == f"{Mail().html}\n"
    assert tree(answer).find(".//pre").text == Mail().text
    names = [one.text for one in tree(answer).iter("dt")]
    values = [one.text for one in tree(answer).iter("dd")]
    assert (
        dict(zip(names, values, strict=True)).items()
        >= {
            "Subject": "What is happening in your groups",
            "From": "Site <support@s.example>",
            "To": "Ann <ann@example.org>",
        }.items()
    )
    assert "ann would get this for 2026-02. Nothing was mailed." in words(answer)


def test_the_mail_in_the_preview_runs_no_script_and_follows_no_link(page):
    (frame,) = tree(page.post(PATH, form())).iter("iframe")
    assert frame.get("sandbox") == ""


@pytest.mark.parametrize("multipart", [False, True])
def test_the_preview_of_a_skipped_member_gives_the_reason(db, multipart):
    with live_pages(
        db.engine, lambda *_: PlannedNotification(Status.OPTED_OUT, SKIPPING, None)
    ) as page:
        if multipart:
            parts = "".join(
                f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                for name, value in form().items()
            )
            headers = {"Content-Type": "multipart/form-data; boundary=x"}
            answer = page.ask("POST", PATH, f"{parts}--x--\r\n".encode(), headers)
        else:
            answer = page.post(PATH, form())
    assert answer.status == 200
    assert f"{SKIPPING} (status -32)" in words(answer)
    assert list(tree(answer).iter("iframe")) == []


def test_an_unknown_member_gets_the_message_of_the_hook(page):
    answer = page.post(PATH, form("who"))
    assert "Cannot find the user object for the user ID (who) (status -2)" in words(answer)


def test_the_default_month_is_the_last_one(page, asked):
    page.post(PATH, form(period=""))
    assert asked == [("ann", Period(2026, 3))]


def test_spaces_around_an_id_are_removed(page, asked):
    page.post(PATH, form(" ann\t"))
    assert asked == [("ann", Period(2026, 2))]


def test_the_preview_records_nothing(page, db):
    page.post(PATH, form())
    page.ask("GET", PATH)
    assert db.rows(tables.AUDIT_EVENT) == []
    assert db.rows(tables.IDEMPOTENCY_KEY) == []


# The token


@pytest.mark.parametrize("token", ["wrong", TOKEN[:-1], f"{TOKEN} ", "\u00e4", ""])
def test_a_wrong_token_shows_the_form_again_and_nothing_else(page, asked, token):
    answer = page.post(PATH, form(token=token))
    assert answer.status == 403
    assert "The token is not the token of this site." in words(answer)
    assert fields(answer)["profileId"].get("value") == "ann"
    assert fields(answer)["period"].get("value") == "2026-02"
    assert asked == []


def test_a_wrong_token_is_audited_like_that_of_a_hook(page, wrong_tokens):
    page.post(PATH, form(token="wrong"))
    assert wrong_tokens == [(PATH, "127.0.0.1", 1)]


def test_a_wrong_token_is_delayed(db):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    with live_pages(db.engine, sleep=sleep) as page:
        for _ in range(3):
            page.post(PATH, form(token="wrong"))
        page.post(PATH, form())
    assert slept == [DELAY] * 3


def test_too_many_wrong_tokens_are_refused(db):
    going, slept = threading.Event(), []

    async def sleep(seconds):
        slept.append(seconds)
        await asyncio.to_thread(going.wait, LIMIT)

    with live_pages(db.engine, sleep=sleep) as page:
        ask = lambda: page.post(PATH, form(token="wrong"))  # noqa: E731 - runs in a thread
        waiting = [threading.Thread(target=ask) for _ in range(MAX_WAITING)]
        for one in waiting:
            one.start()
        wait_until(lambda: len(slept) == MAX_WAITING)
        answer = ask()
        right = page.post(PATH, form("who"))
        going.set()
        for one in waiting:
            one.join(LIMIT)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "10")
    assert "Too many wrong tokens" in words(answer)
    assert right.status == 200


def test_the_token_is_never_echoed(page):
    for answer in (
        page.post(PATH, form()),
        page.post(PATH, form("who")),
        page.post(PATH, form("")),
        page.post(PATH, form(period="x")),
        page.post(PATH, form(token=f"{TOKEN}2")),
    ):
        assert TOKEN.encode() not in answer.body
        assert TOKEN not in str(answer.headers)
        assert fields(answer)["token"].get("value") is None


def test_a_token_in_the_query_is_ignored(page, asked):
    query = f"{PATH}?token={TOKEN}&profileId=ann"
    assert page.ask("GET", query).status == 200
    assert page.post(query, {"profileId": "ann"}).status == 403
    assert asked == []


def test_the_token_is_checked_first(page):
    wrong = {"token": "wrong"}
    answers = [page.post(PATH, wrong | more) for more in ({}, {"period": "x"}, {"profileId": "n"})]
    assert {answer.status for answer in answers} == {403}


# Other forms


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"profile_id": ""}, "A profile ID is needed."),
        ({"profile_id": "  "}, "A profile ID is needed."),
        ({"period": "2026-13"}, "A month is written as YYYY-MM."),
        ({"period": "<script>"}, "A month is written as YYYY-MM."),
    ],
)
def test_missing_and_invalid_fields_are_reported(page, asked, wrong, message):
    answer = page.post(PATH, form(**wrong))
    assert answer.status == 400
    assert message in words(answer)
    assert asked == []


def test_a_large_or_invalid_form_is_not_read(page, asked):
    assert page.post(PATH, form("x" * 65_536)).status == 413
    headers = {"Content-Type": "multipart/form-data"}
    assert page.ask("POST", PATH, b"nonsense", headers).status == 400
    assert asked == []


def test_other_methods_are_refused(page):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert page.ask(method, PATH).status == 405


# Hostile input


def test_entered_values_are_escaped(page):
    hostile = '"><script>alert(1)</script>'
    for answer in (
        page.post(PATH, form(hostile)),
        page.post(PATH, form(hostile, token="wrong", period=hostile)),
    ):
        assert b"<script" not in answer.body
        assert fields(answer)["profileId"].get("value") == hostile


def test_a_mail_cannot_escape_its_frame(db):
    hostile = '"></iframe></pre><script>alert(1)</script>'
    mail = Mail(text=hostile, html=hostile, to='"<b>" <ann@example.org>', subject=hostile)
    with live_pages(db.engine, shows(mail)) as page:
        answer = page.post(PATH, form())
    assert b"<script" not in answer.body
    (frame,) = tree(answer).iter("iframe")
    assert frame.get("srcdoc").strip() == hostile
    assert tree(answer).find(".//pre").text.strip() == hostile
    assert list(tree(answer).iter("b")) == []


def test_utf_8_fields_are_shown_unchanged(db):
    mail = Mail(
        to="Zo\u00eb <zo\u00eb@ex\u00e4mple.org>",
        subject="\u4f50\u85e4",
        international=True,
    )
    with live_pages(db.engine, shows(mail)) as page:
        answer = page.post(PATH, form())
    values = [one.text for one in tree(answer).iter("dd")]
    assert "Zo\u00eb <zo\u00eb@ex\u00e4mple.org>" in values
    assert "\u4f50\u85e4" in values


def test_encoded_fields_are_shown_decoded(db):
    with live_pages(db.engine, shows(Mail(subject="Zo\u00eb \u4f50\u85e4"))) as page:
        answer = page.post(PATH, form())
    assert "Zo\u00eb \u4f50\u85e4" in [one.text for one in tree(answer).iter("dd")]


def test_only_a_page_with_a_mail_may_load_pictures(page):
    def policy(answer):
        message = answer.headers["Content-Security-Policy"]
        return dict(one.split(" ", 1) for one in message.split("; "))

    shown = policy(page.post(PATH, form()))
    assert shown["img-src"] == "https: data:"
    assert shown["style-src"] == "'unsafe-inline'"
    for answer in (page.ask("GET", PATH), page.post(PATH, form("who"))):
        assert "img-src" not in policy(answer)
        assert policy(answer)["style-src"].startswith("'sha256-")
    for answer in (page.ask("GET", PATH), page.post(PATH, form())):
        strict = policy(answer)
        assert (strict["default-src"], strict["frame-ancestors"]) == (
            "'none'",
            "'none'",
        )
        assert (strict["form-action"], strict["base-uri"]) == ("'self'", "'none'")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"


# Errors


def test_a_failing_database_is_answered_with_503(db):
    def look(_user_id, _period):
        raise OperationalError("SELECT", {}, Exception("away"))

    with live_pages(db.engine, look) as page:
        answer = page.post(PATH, form())
    assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    assert TOKEN.encode() not in answer.body

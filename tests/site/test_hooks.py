# SPDX-License-Identifier: MIT
import errno
import json
import re
import socket
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from embedded.database import TOKEN, only
from embedded.parts import FailingMailer
from gs.profile.status.hooks import MEMBERS_URI, SEND_URI
from gs.profile.status.site.delivery import Deferred, MaildirMailer
from gs.profile.status.site.store import tables
from limits import LIMIT

MISSING = b'"Token: Required input is missing."'
WRONG = (
    b'"Token: The authentication token does not match the one in the database.", '
    b'"Token: Required input is missing."'
)


def members_form(**fields):
    return {"token": TOKEN, "get": "", **fields}


def send_form(user_id, **fields):
    return {"profileId": user_id, "token": TOKEN, "send": "Send", **fields}


def add_activity(db):
    db.add_person("ann", "g", name="Zo\u00eb O'N\u00e9ill \u4f50\u85e4")
    db.add_post("ann", "2026-03-05")


# The members hook


def test_the_members_are_a_json_array_of_their_ids(site, db):
    for user_id in ("b", "a"):
        db.add_person(user_id, "g")
    answer = site.post(MEMBERS_URI, members_form())
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.body == b'["a", "b"]'


def test_a_site_without_members_answers_an_empty_list(site):
    assert site.post(MEMBERS_URI, members_form()).body == b"[]"


def test_a_list_of_many_pages_is_complete(site, db):
    ids = [f"member{number:05}" for number in range(4_500)]
    with db.engine.begin() as connection:
        rows = [{"user_id": user_id, "site_id": "s", "group_id": ""} for user_id in ids]
        connection.execute(tables.MEMBERSHIP.insert(), rows)
    assert site.post(MEMBERS_URI, members_form()).json() == ids


def test_members_that_will_be_skipped_are_listed_too(site, db):
    db.add_person("gone", removed=True, email=False)
    db.add_person("mute", email=False)
    assert site.post(MEMBERS_URI, members_form()).json() == ["gone", "mute"]


def test_a_member_who_opted_out_is_not_listed(site, db):
    db.add_person("in")
    db.add_person("out")
    db.insert(tables.PROFILE_NOTIFICATION_SKIP, user_id="out")
    assert site.post(MEMBERS_URI, members_form()).json() == ["in"]


# The send hook, status by status


def test_status_0_the_mail_is_sent(site, db, mails):
    add_activity(db)
    answer = site.post(SEND_URI, send_form("ann"))
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.body == (
        rb'{"status": 0, "message": "Sent the monthly profile-status notification to '
        rb"Zo\u00eb O" + b"'" + rb'N\u00e9ill \u4f50\u85e4 (ann)"}'
    )
    (mail,) = mails()
    message = message_from_bytes(mail.read_bytes(), policy=default)
    assert "ann@example.org" in message["To"]


SKIPPING = "Skipping the monthly profile-status notification for Ann (ann): "


def test_status_minus_2_no_such_person(site, mails):
    answer = site.post(SEND_URI, send_form("no|b\u00f6dy"))
    assert answer.body == (
        rb'{"status": -2, "message": "Cannot find the user object for the user ID (no|b\u00f6dy)"}'
    )
    assert mails() == []


def test_status_minus_2_deleted_account(site, db):
    db.add_person("gone", "g", removed=True, email=False)
    assert site.post(SEND_URI, send_form("gone")).json()["status"] == -2


def test_status_minus_4_no_group(site, db):
    db.add_person("ann", name="Ann")
    answer = site.post(SEND_URI, send_form("ann")).json()
    assert answer == {"status": -4, "message": f"{SKIPPING}not in any groups"}


def test_status_minus_4_groups_of_a_skipped_site_only(site, db):
    db.add_site("closed", skipped=True)
    db.add_group("board", "closed")
    db.add_person("ann")
    db.add_membership("ann", "board", "closed")
    db.add_post("ann", "2026-03-03", group_id="board", site_id="closed")
    assert site.post(SEND_URI, send_form("ann")).json()["status"] == -4


def test_status_minus_8_no_verified_address(site, db):
    db.add_person("ann", "g", name="Ann", email=False)
    db.add_address("ann", "ann@example.org", verified=None)
    db.add_post("ann", "2026-03-03")
    answer = site.post(SEND_URI, send_form("ann")).json()
    assert answer == {"status": -8, "message": f"{SKIPPING}no verified email addresses"}


def test_status_minus_8_invalid_address(site, db, mails):
    db.add_person("ann", "g", email=False)
    db.add_address("ann", "ann at example.org\r\nBcc: all@example.org")
    db.add_post("ann", "2026-03-03")
    assert site.post(SEND_URI, send_form("ann")).json()["status"] == -8
    assert mails() == []


def test_status_minus_16_no_posts(site, db):
    db.add_person("ann", "g", name="Ann")
    db.add_post("ann", "2026-02-28")
    db.add_post("ann", "2026-04-01")
    answer = site.post(SEND_URI, send_form("ann")).json()
    assert answer == {"status": -16, "message": f"{SKIPPING}no activity in any groups this month"}


def test_status_minus_32_opted_out(site, db):
    db.add_person("ann", "g", name="Ann")
    db.add_post("ann", "2026-03-03")
    db.insert(tables.PROFILE_NOTIFICATION_SKIP, user_id="ann")
    answer = site.post(SEND_URI, send_form("ann")).json()
    assert answer == {"status": -32, "message": f"{SKIPPING}explicitly opted out"}


def test_a_later_site_without_activity_does_not_hide_an_earlier_one(site, db):
    add_activity(db)
    db.add_site("z", "Zzz")
    db.add_group("quiet", "z")
    db.add_membership("ann", "quiet", "z")
    assert site.post(SEND_URI, send_form("ann")).json()["status"] == 0


def test_each_decision_is_audited_with_its_code(site, db):
    add_activity(db)
    db.add_person("out", "g")
    db.insert(tables.PROFILE_NOTIFICATION_SKIP, user_id="out")
    for user_id in ("ann", "out", "nobody"):
        site.post(SEND_URI, send_form(user_id))
    events = [(row.instance_user_id, row.event_code) for row in db.rows(tables.AUDIT_EVENT)]
    assert sorted(events) == [("ann", "1"), ("nobody", "4"), ("out", "6")]
    for row in db.rows(tables.AUDIT_EVENT):
        assert row.subsystem == "gs.profile.status.base"
        assert row.event_date == datetime(2026, 4, 2, 9, tzinfo=UTC)
        assert row.instance_datum == "2026-03"


# The period


def test_the_form_sets_the_period(site, db):
    db.add_person("ann", "g")
    db.add_post("ann", "2025-12-24")
    assert site.post(SEND_URI, send_form("ann")).json()["status"] == -16
    assert site.post(SEND_URI, send_form("ann", period="2025-12")).json()["status"] == 0


NO_MONTHS = [
    *("2026", "2026-13", "last", "9999-12", "0000-01", "2026-03-01"),
    # The month before does not exist, or begins in the year 0 in zones east of Greenwich.
    *("0001-01", "0001-02"),
]


@pytest.mark.parametrize("period", NO_MONTHS)
def test_an_invalid_period_is_refused(site, db, period, mails):
    add_activity(db)
    answer = site.post(SEND_URI, send_form("ann", period=period))
    assert answer.body == (
        b'{"status": -1, "message": ["Period: A month is written as YYYY-MM."]}'
    )
    assert mails() == []


def test_an_empty_period_is_the_default(site, db):
    add_activity(db)
    assert site.post(SEND_URI, send_form("ann", period="")).json()["status"] == 0


# Refused forms


@only("sqlite")
@pytest.mark.parametrize("uri", [MEMBERS_URI, SEND_URI])
@pytest.mark.parametrize(
    ("token", "complaint"),
    [
        ("wrong", WRONG),
        ("", MISSING),
        ("t\u00f6ken", WRONG),
        (f"{TOKEN}\0", WRONG),
        (TOKEN[:-1], WRONG),
    ],
)
def test_a_wrong_token_is_refused_and_not_echoed(site, uri, token, complaint):
    form = {"profileId": "u", "token": token, "get": "", "send": "Send"}
    answer = site.post(uri, form)
    assert answer.status == 200
    assert answer.body == b'{"status": -1, "message": [' + complaint + b"]}"


@only("sqlite")
def test_each_missing_field_is_reported(site):
    answer = site.post(SEND_URI, {"send": "Send"})
    assert answer.json() == {
        "status": -1,
        "message": [
            "Profile identifier: Required input is missing.",
            "Token: Required input is missing.",
        ],
    }


def test_a_wrong_token_does_not_reveal_whether_a_member_exists(site, db):
    add_activity(db)
    answers = {site.post(SEND_URI, send_form(who, token="wrong")).body for who in ("ann", "bob")}
    assert len(answers) == 1


def test_a_site_without_a_token_refuses_every_token(site, db):
    with db.engine.begin() as connection:
        connection.execute(tables.OPTION.delete())
    for token in ("", "None", TOKEN):
        assert site.post(MEMBERS_URI, members_form(token=token)).json()["status"] == -1


@only("sqlite")
@pytest.mark.parametrize(("uri", "action"), [(MEMBERS_URI, "get"), (SEND_URI, "send")])
def test_without_its_field_a_hook_describes_itself(site, uri, action):
    answer = site.post(uri, {"token": TOKEN, "profileId": "u"}).json()
    assert isinstance(answer["message"], list)
    assert answer["actions"][0]["name"] == action
    assert "token" in [argument["name"] for argument in answer["arguments"]]
    assert "status" not in answer


# HTTP


@only("sqlite")
@pytest.mark.parametrize("uri", [MEMBERS_URI, SEND_URI])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS", "DELETE"])
def test_only_post_requests_are_accepted(site, db, uri, method, mails):
    add_activity(db)
    answer = site.ask(method, f"{uri}?token={TOKEN}&get=&send=Send&profileId=ann")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert mails() == []


@only("sqlite")
def test_a_token_in_the_query_is_ignored(site):
    answer = site.post(f"{MEMBERS_URI}?token={TOKEN}", {"get": ""})
    assert answer.json()["message"] == ["Token: Required input is missing."]


@only("sqlite")
def test_a_multipart_form_is_accepted(site, db):
    add_activity(db)
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in send_form("ann").items()
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = site.ask("POST", SEND_URI, f"{parts}--x--\r\n".encode(), headers)
    assert answer.json()["status"] == 0


@only("sqlite")
def test_a_chunked_body_is_accepted(site, db):
    add_activity(db)
    body = iter([b"profileId=ann&send=Send&", f"token={TOKEN}".encode()])
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert site.ask("POST", SEND_URI, body, headers).json()["status"] == 0


@only("sqlite")
@pytest.mark.parametrize(
    "headers",
    [{"Content-Type": "multipart/form-data"}, {"Content-Type": "multipart/form-data; boundary=x"}],
)
def test_a_broken_multipart_form_is_a_bad_request(site, headers):
    assert site.ask("POST", SEND_URI, b"\r\n--x-\r\nnonsense", headers).status == 400


@only("sqlite")
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_form_that_is_too_large_is_refused(site, kind):
    start = (
        b'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\n'
        if "multi" in kind
        else b"token="
    )
    body = iter([start, *[b"x" * 10_000] * 10])
    assert site.ask("POST", SEND_URI, body, {"Content-Type": kind}).status == 413


@only("sqlite")
def test_other_fields_and_headers_are_ignored(site, db):
    add_activity(db)
    answer = site.post(SEND_URI, send_form("ann", other="field"))
    assert answer.json()["status"] == 0


@only("sqlite")
def test_the_root_describes_the_site(site):
    answer = site.ask("GET", "/")
    assert answer.status == 200
    assert b"sendprofile" in answer.body


@only("sqlite")
def test_pipelined_answers_on_a_kept_connection_are_not_delayed(site, db):
    add_activity(db)
    with socket.create_connection(("127.0.0.1", site.port), timeout=LIMIT) as connection:
        for _ in range(3):
            body = f"token={TOKEN}&profileId=ann&send=Send".encode()
            head = (
                f"POST {SEND_URI} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
            )
            connection.sendall(head.encode() + body)
            answer = b""
            while b'"}' not in answer:
                answer += connection.recv(4096)
            assert b'{"status": 0' in answer


# Errors


def test_a_deferred_mail_is_answered_with_503(start, db, tmp_path):
    add_activity(db)
    mailer = FailingMailer(MaildirMailer(tmp_path), Deferred("The mail server is away.", 120))
    with start(mailer) as site:
        answer = site.post(SEND_URI, send_form("ann"))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "120")
    assert b"Nobody was mailed. The mail server is away." in answer.body
    assert db.rows(tables.AUDIT_EVENT) == []


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), ValueError("a bug")])
def test_a_delivery_in_doubt_is_answered_with_500(start, db, error, tmp_path):
    add_activity(db)
    with start(FailingMailer(MaildirMailer(tmp_path), error)) as site:
        answer = site.post(SEND_URI, send_form("ann"))
        assert answer.status == 500
        assert b"The mail server may or may not have taken" in answer.body
        assert re.search(rb"<[\w.-]+@s\.example>", answer.body)
        assert TOKEN.encode() not in answer.body
        assert site.post(MEMBERS_URI, members_form()).status == 200
    assert db.rows(tables.AUDIT_EVENT) == []


@pytest.mark.parametrize(
    "hostile",
    [
        "\0",
        "a\0b",
        "\u202eabc",
        "' OR 1=1 --",
        "<script>",
        "a\r\nb",
        "\ud800",
        "x" * 20_000,
        "%",
        "\U0001f600",
    ],
)
def test_a_hostile_id_is_not_a_member(site, db, hostile):
    add_activity(db)
    body = b"token=%b&send=Send&profileId=" % TOKEN.encode()
    quoted = "".join(f"%{octet:02x}" for octet in hostile.encode("utf-8", "surrogatepass"))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = site.ask("POST", SEND_URI, body + quoted.encode(), headers)
    assert (answer.status, answer.json()["status"]) == (200, -2)
    (event,) = db.rows(tables.AUDIT_EVENT)
    assert event.event_code == "4"


def test_an_id_is_compared_without_cleaning(site, db, mails):
    add_activity(db)
    for odd in ("ann\0", "ann ", "ANN", "ann\u200b"):
        assert site.post(SEND_URI, send_form(odd)).json()["status"] == -2
    assert mails() == []


def test_hostile_names_subjects_and_bodies_give_a_valid_mail(site, db, mails):
    hostile = "<script>alert(1)</script>\r\nBcc: x@example.org\x00\u202e" + "y" * 5_000
    clean = hostile.replace("\0", "")
    db.add_person("ann", "g", name=clean)
    db.add_post("ann", "2026-03-03", clean, body=clean)
    answer = site.post(SEND_URI, send_form("ann"))
    assert answer.json()["status"] == 0
    (mail,) = mails()
    message = message_from_bytes(mail.read_bytes(), policy=default)
    assert message["Bcc"] is None
    assert "<script" not in message.get_body(("html",)).get_content()


def test_the_answer_is_ascii_json_on_one_line(site, db):
    db.add_person("ann", "g", name='\u202e\U0001f600\n"quoted"\\')
    db.add_post("ann", "2026-03-03")
    answer = site.post(SEND_URI, send_form("ann"))
    assert answer.body.isascii()
    assert b"\n" not in answer.body
    assert json.loads(answer.body)["status"] == 0


def test_a_notification_needs_few_queries_once_the_groups_are_known(site, db):
    for number in range(5):
        db.add_group(f"g{number}")
    groups = [f"g{number}" for number in range(5)]
    for user_id in ("ann", "bob"):
        db.add_person(user_id, *groups)
    for group in groups:
        db.add_post("ann", "2026-03-03", f"t{group}", group)
    site.post(SEND_URI, send_form("ann"))
    with db.queries() as queries:
        assert site.post(SEND_URI, send_form("bob")).json()["status"] == 0
    # Periodic work depends on the time that has passed.
    now_and_then = re.compile("SELECT 1|SELECT option")
    assert len([one for one in queries if not now_and_then.match(one)]) == 5, queries

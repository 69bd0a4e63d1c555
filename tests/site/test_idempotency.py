# SPDX-License-Identifier: MIT
"""Idempotency keys: a repeated call has one effect and gets the first answer again."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest
from sqlalchemy import event, text

from embedded.database import TOKEN, only
from embedded.parts import FailingMailer
from gs.profile.status.hooks import (
    KEY_HEADER,
    LIFETIME_HEADER,
    MEMBERS_URI,
    SEND_URI,
    read_lifetime,
    write_key,
)
from gs.profile.status.site.delivery import Deferred, MaildirMailer
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.audit import SUBSYSTEM
from gs.profile.status.site.store.options import Option, write_option
from limits import LIMIT, wait_until

KEY = write_key("2026-03", "ann")


@dataclass
class BlockedMailer:
    """A mailer that blocks in a delivery until the test releases it."""

    maildir: MaildirMailer
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    jobs: int = 4

    def deliver(self, message, reader, key=None):
        self.reached.set()
        assert self.released.wait(LIMIT)
        return self.maildir.deliver(message, reader, key)

    def was_delivered(self, key):
        return self.maildir.was_delivered(key)

    def close(self):
        pass


@pytest.fixture
def maildir(tmp_path):
    return MaildirMailer(tmp_path / "Maildir")


@pytest.fixture
def ann(db):
    """Add members to notify to the site."""
    db.add_person("ann", "g", name="Ann")
    db.add_person("bob", "g", name="Bob")
    db.add_post("ann", "2026-03-05")
    db.add_post("ann", "2026-02-05")
    return db


def call(site, user_id="ann", key=KEY, **fields):
    form = {"profileId": user_id, "token": TOKEN, "send": "Send", "period": "2026-03", **fields}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if key is not None:
        headers[KEY_HEADER] = key
    return site.ask("POST", SEND_URI, urlencode(form).encode(), headers)


@contextmanager
def open_call(site, *keys):
    """Call the hook; yield the connection without reading the answer."""
    fields = {"profileId": "ann", "token": TOKEN, "send": "Send", "period": "2026-03"}
    body = urlencode(fields)
    head = [
        f"POST {SEND_URI} HTTP/1.1",
        "Host: x",
        f"Content-Length: {len(body)}",
        "Content-Type: application/x-www-form-urlencoded",
        *(f"{KEY_HEADER}: {key}" for key in keys),
    ]
    with socket.create_connection(("127.0.0.1", site.port), timeout=LIMIT) as connection:
        connection.sendall("\r\n".join([*head, "", body]).encode())
        yield connection


def audited(db):
    rows = [row for row in db.rows(tables.AUDIT_EVENT) if row.subsystem == SUBSYSTEM]
    return [(row.instance_user_id, row.event_code) for row in rows]


# Finished


def test_a_repeated_call_gets_the_same_answer_and_sends_no_mail(site, ann, mails):
    first, again = call(site), call(site)
    assert first.json()["status"] == 0
    assert (again.status, again.body) == (200, first.body)
    assert len(mails()) == 1
    assert audited(ann) == [("ann", "1")]


def test_a_repeated_call_ignores_later_changes(site, ann):
    first = call(site)
    ann.insert(tables.PROFILE_NOTIFICATION_SKIP, user_id="ann")
    with ann.engine.begin() as connection:
        connection.execute(tables.PERSON.update().values(name="Anne"))
    assert call(site).body == first.body


def test_a_skip_is_remembered(site, ann, mails):
    ann.insert(tables.PROFILE_NOTIFICATION_SKIP, user_id="ann")
    first = call(site)
    with ann.engine.begin() as connection:
        connection.execute(tables.PROFILE_NOTIFICATION_SKIP.delete())
    assert first.json()["status"] == -32
    assert call(site).body == first.body
    assert mails() == []
    assert audited(ann) == [("ann", "6")]


def test_another_key_sends_another_mail(site, ann, mails):
    for key in (KEY, write_key("2026-03 again", "ann"), '"k"', '"K"'):
        assert call(site, key=key).json()["status"] == 0
    assert len(mails()) == len(audited(ann)) == 4


def test_a_call_without_a_key_is_not_remembered(site, ann, mails):
    for _ in range(2):
        assert call(site, key=None).json()["status"] == 0
    assert len(mails()) == 2
    assert ann.rows(tables.IDEMPOTENCY_KEY) == []


@pytest.mark.usefixtures("ann")
def test_a_key_survives_a_restart(start, mails):
    with start() as site:
        first = call(site)
    with start() as site:
        assert call(site).body == first.body
    assert len(mails()) == 1


@pytest.mark.usefixtures("ann")
def test_a_mail_filed_in_a_maildir_is_sent_again_by_smtp(start, mails):
    for scope, count in (("Maildir ", 1), ("", 2), ("", 2), ("Maildir ", 2)):
        with start(scope=scope) as site:
            assert call(site).json()["status"] == 0
        assert len(mails()) == count


@pytest.mark.parametrize(
    ("user_id", "fields"), [("bob", {}), ("ann", {"period": "2026-02"}), ("ann", {"period": ""})]
)
def test_a_key_with_another_form_is_answered_with_422(site, ann, mails, user_id, fields):
    first = call(site)
    other = call(site, user_id, **fields)
    assert (other.status, other.headers["Content-Type"]) == (422, "text/plain; charset=utf-8")
    assert call(site).body == first.body
    assert len(mails()) == 1
    assert audited(ann) == [("ann", "1")]


def test_the_token_is_not_part_of_the_fingerprint_and_not_stored(start, ann):
    with start() as site:
        first = call(site)
    new = "another-token-of-this-length"
    with ann.engine.begin() as connection:
        write_option(connection, Option.TOKEN, new)
    with start() as site:
        assert call(site, token=new).body == first.body
    assert TOKEN not in repr(ann.rows(tables.IDEMPOTENCY_KEY))


# In progress


def test_the_second_of_two_simultaneous_calls_is_answered_with_409(start, ann, mails, maildir):
    mailer = BlockedMailer(maildir)
    with start(mailer) as site, ThreadPoolExecutor(1) as pool:
        try:
            first = pool.submit(call, site)
            assert mailer.reached.wait(LIMIT)
            assert call(site).status == 409
            assert call(site, "bob").status == 422
            assert call(site, token="wrong").json()["status"] == -1
        finally:
            mailer.released.set()
        done = first.result()
        assert done.json()["status"] == 0
        assert call(site).body == done.body
    assert len(mails()) == len(audited(ann)) == 1


def test_a_call_without_a_client_is_answered_with_409_until_it_ends(start, ann, mails, maildir):
    mailer = BlockedMailer(maildir)
    with start(mailer) as site:
        try:
            with open_call(site, KEY):
                assert mailer.reached.wait(LIMIT)
            assert call(site).status == 409
        finally:
            mailer.released.set()
        answer = wait_until(lambda: (last := call(site)).status != 409 and last)
        assert answer.json()["status"] == 0
    assert len(mails()) == len(audited(ann)) == 1


def test_one_of_many_simultaneous_calls_sends_the_mail(site, ann, mails):
    together = threading.Barrier(16)

    def one(_number):
        together.wait(LIMIT)
        return call(site)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(one, range(16)))
    done = [answer for answer in answers if answer.status == 200]
    assert {answer.body for answer in done} == {call(site).body}
    assert {answer.status for answer in answers} <= {200, 409}
    assert len(mails()) == len(audited(ann)) == 1


# In doubt


def test_a_filed_mail_is_not_sent_again(start, ann, mails, maildir):
    with start(FailingMailer(maildir, RuntimeError("dead"), after=True)) as site:
        assert call(site).status == 500
        assert (len(mails()), audited(ann)) == (1, [])
        answer = call(site)
        assert answer.json() == {
            "status": 0,
            "message": "Sent the monthly profile-status notification to Ann (ann)",
        }
        assert call(site).body == answer.body
    assert len(mails()) == 1
    assert audited(ann) == [("ann", "1")]


def test_a_mail_that_a_reader_moved_is_not_sent_again(start, ann, mails, maildir, tmp_path):
    with start(FailingMailer(maildir, RuntimeError("dead"), after=True)) as site:
        call(site)
        (mail,) = mails()
        mail.rename(tmp_path / "Maildir" / "cur" / f"{mail.name}:2,S")
        assert call(site).json()["status"] == 0
    assert mails() == []
    assert audited(ann) == [("ann", "1")]


def test_a_filed_mail_stays_sent_after_later_changes(start, ann, mails, maildir):
    with start(FailingMailer(maildir, RuntimeError("dead"), after=True)) as site:
        call(site)
        with ann.engine.begin() as connection:
            connection.execute(tables.PERSON.delete())
        assert call(site).json()["status"] == 0
    assert len(mails()) == 1
    assert audited(ann) == [("ann", "1")]


def test_a_mail_that_was_not_filed_is_sent(start, ann, mails, maildir, tmp_path):
    with start(FailingMailer(maildir, RuntimeError("dead"))) as site:
        assert call(site).status == 500
        (begun,) = ann.rows(tables.IDEMPOTENCY_KEY)
        assert begun.finished is None
        (tmp_path / "Maildir" / "tmp").mkdir(parents=True)
        (tmp_path / "Maildir" / "tmp" / "half").write_text("of a mail")
        assert call(site).json()["status"] == 0
        assert call(site).json()["status"] == 0
    assert len(mails()) == 1
    assert audited(ann) == [("ann", "1")]


def test_a_member_who_opts_out_during_a_doubt_gets_no_mail(start, ann, mails, maildir):
    with start(FailingMailer(maildir, RuntimeError("dead"))) as site:
        call(site)
        ann.insert(tables.PROFILE_NOTIFICATION_SKIP, user_id="ann")
        assert [call(site).json()["status"] for _ in range(2)] == [-32, -32]
    assert mails() == []
    assert audited(ann) == [("ann", "6")]


@pytest.mark.usefixtures("ann")
def test_a_call_in_doubt_keeps_its_fingerprint(start, maildir):
    with start(FailingMailer(maildir, RuntimeError("dead"))) as site:
        call(site)
        assert call(site, "bob").status == 422


def test_no_mail_is_sent_while_the_maildir_cannot_be_read(start, ann, mails, maildir, tmp_path):
    with start(FailingMailer(maildir, RuntimeError("dead"), after=True)) as site:
        call(site)
        (tmp_path / "Maildir" / "new").rename(tmp_path / "away")
        (tmp_path / "Maildir" / "new").write_text("in the way")
        assert call(site).status == 500
        (tmp_path / "Maildir" / "new").unlink()
        (tmp_path / "away").rename(tmp_path / "Maildir" / "new")
        assert call(site).json()["status"] == 0
    assert len(mails()) == 1
    assert audited(ann) == [("ann", "1")]


# Calls that are not remembered


def test_a_full_disk_is_answered_with_503_and_the_key_can_be_retried(start, ann, mails, maildir):
    full = Deferred("There is no room")
    with start(FailingMailer(maildir, full, times=2)) as site:
        assert [call(site).status for _ in range(4)] == [503, 503, 200, 200]
    assert len(mails()) == len(audited(ann)) == 1


@only("sqlite")
def test_a_full_database_is_answered_with_503_and_no_mail_is_sent(start, ann, mails):
    with ann.engine.begin() as connection:
        # The answer does not fit into an existing page.
        connection.execute(tables.PERSON.update().values(name="Ann" * 20_000))
        pages = connection.execute(text("PRAGMA page_count")).scalar()
    limit = pages
    ann.engine.dispose()

    def set_limit(connection, _record):
        connection.execute(f"PRAGMA max_page_count = {limit}")

    event.listen(ann.engine, "connect", set_limit)
    with start() as site:
        assert call(site).status == 503
        assert (mails(), audited(ann)) == ([], [])
        limit = pages * 10
        ann.engine.dispose()
        assert call(site).json()["status"] == 0
    assert len(mails()) == len(audited(ann)) == 1


def test_a_refused_form_does_not_store_its_key(site, ann):
    assert call(site, token="wrong").json()["status"] == -1
    assert call(site, "").json()["status"] == -1
    assert call(site, period="May").json()["status"] == -1
    assert "status" not in site.ask("POST", SEND_URI, b"", {KEY_HEADER: KEY}).json()
    assert ann.rows(tables.IDEMPOTENCY_KEY) == []
    assert call(site).json()["status"] == 0


# The key itself


@pytest.mark.parametrize(
    "key",
    ["", "k", '"', '""', '"k', "'k'", '"k";a=1', '"k", "k"', '"' + "k" * 256 + '"', '"\xe4"'],
)
def test_an_invalid_key_is_answered_with_400_and_sends_no_mail(site, ann, mails, key):
    answer = call(site, key=key)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert b"a string in quotation marks, of 1 to 255 octets" in answer.body
    assert (mails(), audited(ann)) == ([], [])


@pytest.mark.usefixtures("ann")
def test_two_keys_are_refused(site, mails):
    with open_call(site, '"a"', '"b"') as connection:
        assert connection.recv(12) == b"HTTP/1.1 400"
    assert mails() == []


@pytest.mark.parametrize("key", ['"' + "/" * 255 + '"', r'"\"\\"', '"../../x:2,S"', '" "'])
@pytest.mark.usefixtures("ann")
def test_every_key_can_be_remembered(start, mails, maildir, key):
    with start(FailingMailer(maildir, RuntimeError("dead"), after=True)) as site:
        assert call(site, key=key).status == 500
        assert [call(site, key=key).json()["status"] for _ in range(2)] == [0, 0]
    assert len(mails()) == 1


@pytest.mark.usefixtures("ann")
def test_a_wrong_token_reveals_nothing_about_a_key(site):
    call(site)
    asked = (("ann", KEY), ("bob", KEY), ("ann", '"new"'), ("ann", "no key"), ("ann", None))
    answers = [call(site, user_id, key, token="wrong") for user_id, key in asked]
    assert len({(answer.status, answer.body) for answer in answers}) == 1
    assert len({json.dumps(sorted(answer.headers.keys())) for answer in answers}) == 1


# The header of the members hook


@pytest.mark.usefixtures("ann")
def test_the_members_hook_states_the_lifetime_of_keys(site):
    answer = site.post(MEMBERS_URI, {"token": TOKEN, "get": ""})
    assert answer.headers[LIFETIME_HEADER] == "7776000"
    assert read_lifetime(answer.headers[LIFETIME_HEADER]) == 90 * 86_400


def test_a_wrong_token_does_not_reveal_the_lifetime_of_keys(site):
    for form in ({"token": "wrong", "get": ""}, {"token": TOKEN}):
        assert site.post(MEMBERS_URI, form).headers[LIFETIME_HEADER] is None

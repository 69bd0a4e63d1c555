# SPDX-License-Identifier: MIT
"""The log of mails that the mail server did not accept."""

import asyncio
import errno
import io
import json
import logging
import os
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from embedded.database import only
from embedded.parts import MARCH, MemoryMailer, dispatching
from gs.profile.status.hooks import HookReply
from gs.profile.status.site.delivery import Deferred, Delivered, Rejected
from gs.profile.status.site.dispatch import Decision, NoReply
from gs.profile.status.site.dispatch.call import SendCall, outcome_of
from gs.profile.status.site.dispatch.delivery_log import BETWEEN_LINES, DeliveryLog
from gs.profile.status.site.logs import Log, set_up_log
from gs.profile.status.site.store.calls import CallRecord, IdempotencyKey, begin_calls
from limits import LIMIT
from servers.smtp import mail_server
from servers.smtp_mailer import Clock, mailing
from servers.smtp_messages import PlainMessage

KEY = IdempotencyKey("k", "f")


@pytest.fixture
def logged():
    """Return a function that reads the log."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    set_up_log(stream, "info", "json")
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    logging.getLogger("gs.profile.status.site").setLevel(logging.NOTSET)


def ask(dispatcher, *user_ids):
    async def together():
        calls = (dispatcher.send(user_id, MARCH) for user_id in user_ids)
        return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), LIMIT)

    return asyncio.run(together())


CASES = [
    (
        "MAIL",
        "451 4.7.1 Greylisted",
        "mail_deferred",
        "warning",
        "The mail server said: 451 4.7.1 Greylisted.",
    ),
    (
        "MAIL",
        "535 5.7.8 Who are you",
        "mail_deferred",
        "warning",
        "The mail server requires a log-in: 535 5.7.8 Who are you.",
    ),
    (
        "END",
        "554 5.7.1 Jane Smith's link https://s.example/gs-profile-status-stop/x is spam",
        "mail_rejected",
        "warning",
        "554 5.7.1 <…> <…>'s link <…> is spam",
    ),
    (
        "RCPT",
        "550 5.1.1 jane.public (u1): no such user, nor is jane.public@mail.example",
        "recipients_refused",
        "info",
        "550 5.1.1 <…> (<…>): no such user, nor is <…>",
    ),
    (
        "RCPT",
        "550 5.1.1 /home/Jane does not know the au1tomatic PUBLIC of mail.example",
        "recipients_refused",
        "info",
        "550 5.1.1 <…> does not know the au1tomatic <…> of mail.example",
    ),
]


@only("sqlite")
@pytest.mark.parametrize(("stage", "reply", "event", "level", "logged_reply"), CASES)
def test_the_reply_of_the_mail_server_is_logged_without_the_member(
    db, logged, stage, reply, event, level, logged_reply
):
    db.add_person("u1", "g", name="Jane Smith", email=False)
    db.add_address("u1", "Jane.Public@mail.example")
    db.add_post("u1", "2026-03-05")
    with (
        mail_server() as server,
        mailing(server) as mailer,
        dispatching(db.engine, mailer) as dispatcher,
    ):
        server.answer(stage, reply)
        ask(dispatcher, "u1")
    (line,) = logged()
    assert line.pop("message_id").endswith(".2026-03@s.example>")
    del line["time"]
    assert line == {"level": level, "event": event, "reply": logged_reply, "times": 1}


@only("sqlite")
def test_an_unreachable_mail_server_is_logged_once_a_minute(db, logged):
    db.add_person("u1", "g")
    db.add_post("u1", "2026-03-05")
    with mail_server() as server:
        where = f"{server.host}:{server.port}"
    with mailing(server) as mailer, dispatching(db.engine, mailer) as dispatcher:
        ask(dispatcher, *["u1"] * 9)
    (line,) = logged()
    assert line["event"] == "mail_deferred"
    why = os.strerror(errno.ECONNREFUSED)
    assert line["reply"] == f"The mail server {where} cannot be reached: {why}."


def ended(loop, result):
    decision = Decision(HookReply(0, ""), "Jane", PlainMessage())
    outcome = outcome_of(result, "u1", decision)
    return SendCall("u1", MARCH, None, decision=decision, outcome=outcome, loop=loop)


def test_each_event_is_logged_once_a_minute_with_its_count(logged):
    clock, loop = Clock(), asyncio.new_event_loop()
    log = DeliveryLog(Log(), clock)
    for _ in range(3):
        for result in (Delivered(), Deferred("451 4.3.2"), Rejected("554 5.6.0")):
            log.report(ended(loop, result))
        clock.now += BETWEEN_LINES / 3
    log.report(ended(loop, Deferred("452 4.3.1")))
    loop.close()
    assert [(line["event"], line["reply"], line["times"]) for line in logged()] == [
        ("mail_deferred", "451 4.3.2", 1),
        ("mail_rejected", "554 5.6.0", 1),
        ("mail_deferred", "452 4.3.1", 3),
    ]


@only("sqlite")
def test_each_doubt_is_logged_with_its_message_id(db, logged):
    db.add_person("u1", "g")
    reply, moment = HookReply(0, "Sent"), datetime(2026, 4, 1, tzinfo=UTC)
    with db.engine.begin() as connection:
        begin_calls(
            connection,
            [CallRecord(KEY, "u1", MARCH, reply, "gone", moment, message_id="<m@x>")],
            {},
        )
    with (
        mail_server() as server,
        mailing(server) as mailer,
        dispatching(db.engine, mailer) as dispatcher,
    ):
        for _ in range(2):
            assert asyncio.run(dispatcher.send("u1", MARCH, KEY)).label == "in_doubt"
    events = [(line["level"], line["event"], line["message_id"]) for line in logged()]
    assert events == [("warning", "mail_in_doubt", "<m@x>")] * 2


@only("sqlite")
def test_a_database_error_is_logged(db, logged):
    db.add_person("u1", "g")

    def fill(connection, _record):
        connection.execute("PRAGMA max_page_count = 1")  # the current size: a full disk

    event.listen(db.engine, "connect", fill)
    db.engine.dispose()
    with dispatching(db.engine, MemoryMailer()) as dispatcher:
        # The audit trail needs another page at some time.
        answers = (ask(dispatcher, "u1")[0] for _ in range(100))
        assert any(isinstance(answer, NoReply) for answer in answers)
    line = logged()[0]
    del line["time"]
    assert line == {
        "level": "warning",
        "event": "database_failed",
        "error": "OperationalError",
        "code": "SQLITE_FULL",
    }

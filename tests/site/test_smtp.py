# SPDX-License-Identifier: MIT
"""The result of a delivery for each reply or failure of the mail server."""

import time

import pytest

from gs.profile.status.site.delivery import (
    Deferred,
    Delivered,
    InDoubt,
    RecipientsRefused,
    RefusedRecipient,
    Rejected,
)
from limits import LIMIT
from servers.authority import Authority
from servers.smtp import Fault, mail_server
from servers.smtp_mailer import PASSWORD, ends, mailing
from servers.smtp_messages import KIM, LEE, PlainMessage

# Timeouts are tested in test_smtp_timeouts.
UNHURRIED = {"timeout": 5 * LIMIT, "final_timeout": 5 * LIMIT}
FAULTS = [fault for fault in Fault if fault is not Fault.SILENCE]
# All pairs of: the security, pipelining or not, a new connection or a used one.
WAYS = [
    ("plain", (), "first"),
    ("plain", ("PIPELINING",), "reused"),
    ("starttls", (), "reused"),
    ("starttls", ("PIPELINING",), "first"),
    ("tls", (), "first"),
    ("tls", ("PIPELINING",), "reused"),
]
MESSAGE = PlainMessage()
# More than the buffers between client and server.
LONG = PlainMessage(text=("x" * 76 + "\r\n") * 250_000)
BOTH = PlainMessage((KIM, LEE))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def certified(authority):
    return authority.good()


@pytest.fixture(
    params=WAYS,
    ids=lambda connection_case: (
        f"{connection_case[0]}-{'-'.join(connection_case[1])}-{connection_case[2]}"
    ),
)
def connection_case(request):
    return request.param


@pytest.fixture
def server_and_settings(connection_case, authority, certified):
    security, without, _ = connection_case
    offers, settings = {"without": without}, UNHURRIED
    if security != "plain":
        offers |= {
            "tls": certified,
            "implicit": security == "tls",
            "users": {"site": PASSWORD},
        }
        settings = UNHURRIED | {
            "security": security,
            "user": "site",
            "password": PASSWORD,
            "ca_file": authority.pem,
        }
    with mail_server(**offers) as server:
        yield server, settings


@pytest.fixture
def post(connection_case, server_and_settings):
    """Yield the server, and a mailer with a new or a used connection."""
    server, settings = server_and_settings
    with mailing(server, **settings, connections=1) as mailer:
        if connection_case[2] == "reused":
            mailer.deliver(PlainMessage(), "before")
            server.mails.clear()
            assert server.open == 1
        yield server, mailer
    assert server.mails == [] or server.mails[-1].tls == ("security" in settings)


def delivers(mailer, kind, mail=MESSAGE, says=""):
    return ends(mailer, kind, mail, says)


def check_still_works(server, mailer):
    """Check that no mail was accepted, and that the mailer still works."""
    before = len(server.mails)
    server.behave()
    assert mailer.deliver(BOTH, "after") == Delivered()
    assert [each.mail_from for each in server.mails[before:]] == ["bounces+after@example.org"]


def test_a_mail_is_delivered_unchanged(post):
    server, mailer = post
    assert mailer.deliver(BOTH, "m1") == Delivered()
    (received,) = server.mails
    assert received.mail_from == "bounces+m1@example.org"
    assert received.recipients == (KIM, LEE)
    assert received.content == BOTH.octets(eight_bit=True)
    assert set(received.options) == {"BODY=8BITMIME", f"SIZE={len(received.content)}"}
    assert server.connections == 1


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "END"])
def test_4xx_defers_the_mail(post, stage):
    server, mailer = post
    server.answer(stage, f"451 4.3.0 <{KIM}> later")
    error = delivers(mailer, Deferred, says=r"451 4\.3\.0 <…> later")
    assert error.retry_after == 60
    assert server.mails == []
    check_still_works(server, mailer)


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "END"])
def test_421_defers_the_mail(post, stage):
    server, mailer = post
    server.answer(stage, "421 4.3.2 shutting down")
    assert delivers(mailer, Deferred, says="421").retry_after == 60
    assert server.mails == []
    server.behave()
    check_still_works(server, mailer)


@pytest.mark.parametrize("stage", ["MAIL", "DATA", "END"])
def test_5xx_rejects_the_mail(post, stage):
    server, mailer = post
    server.answer(stage, f"554 5.6.0 <{KIM}> no")
    delivers(mailer, Rejected, says=r"554 5\.6\.0 <…> no")
    assert server.mails == []
    check_still_works(server, mailer)


@pytest.mark.parametrize("stage", ["DATA", "END"])
@pytest.mark.parametrize("reply", ["550 5.1.1 gone", "550 No such user here"])
def test_5xx_about_the_only_address_marks_the_address(post, stage, reply):
    server, mailer = post
    server.answer(stage, reply)
    assert delivers(mailer, RecipientsRefused).refused == (RefusedRecipient(KIM, reply),)
    delivers(mailer, Rejected, BOTH)
    check_still_works(server, mailer)


def test_a_server_that_requires_authentication_defers_the_mail(post):
    server, mailer = post
    server.answer("MAIL", "530 5.7.0 Authentication required")
    delivers(mailer, Deferred, says="requires a log-in: 530")
    check_still_works(server, mailer)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "TEXT"])
def test_a_connection_lost_before_the_final_dot_defers_the_mail(server_and_settings, stage, fault):
    server, settings = server_and_settings
    with mailing(server, **settings, connections=1) as mailer:
        server.answer(stage, fault)
        delivers(mailer, Deferred, LONG if stage == "TEXT" else MESSAGE)
        assert server.mails == []
        check_still_works(server, mailer)


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.RESET])
def test_a_completely_sent_mail_is_in_doubt_if_the_server_did_not_read_it(post, fault):
    server, mailer = post
    server.answer("TEXT", fault)
    delivers(mailer, InDoubt)
    assert server.mails == []
    check_still_works(server, mailer)


@pytest.mark.parametrize("reply", [*FAULTS, "354 what", "999 what", "what"])
def test_no_reply_after_the_final_dot_is_in_doubt(server_and_settings, reply):
    server, settings = server_and_settings
    with mailing(server, **settings, connections=1) as mailer:
        server.answer("END", reply)
        delivers(mailer, InDoubt)
        connections = server.connections
        check_still_works(server, mailer)
        assert server.connections == connections + 1


def test_a_refused_address_is_reported_and_the_others_get_the_mail(post):
    server, mailer = post
    server.answer("RCPT", f"550 5.1.1 <{LEE}> no such user", to=LEE)
    assert mailer.deliver(BOTH, "m1") == Delivered(
        (RefusedRecipient(LEE, "550 5.1.1 <…> no such user"),)
    )
    assert [mail.recipients for mail in server.mails] == [(KIM,)]


def test_no_mail_is_sent_if_all_addresses_are_refused(post):
    server, mailer = post
    server.answer("RCPT", "550 5.1.1 no such user", to=LEE)
    server.answer("RCPT", "552 5.2.2 full", to=KIM)
    error = delivers(mailer, RecipientsRefused, BOTH)
    assert error.refused == (
        RefusedRecipient(KIM, "552 5.2.2 full"),
        RefusedRecipient(LEE, "550 5.1.1 no such user"),
    )
    check_still_works(server, mailer)


def test_a_refusal_that_is_not_about_the_address_rejects_the_mail(post):
    server, mailer = post
    server.answer("RCPT", f"554 5.7.1 <{KIM}>: Relay access denied")
    delivers(mailer, Rejected, BOTH, says="554 5.7.1 <…>: Relay access denied")
    check_still_works(server, mailer)


def test_a_refusal_that_is_not_about_the_address_affects_no_other_address(post):
    server, mailer = post
    server.answer("RCPT", "554 5.7.1 Relay access denied", to=LEE)
    assert mailer.deliver(BOTH, "m1") == Delivered()
    assert [mail.recipients for mail in server.mails] == [(KIM,)]


@pytest.mark.parametrize("waiting", [KIM, LEE])
def test_a_deferred_address_defers_the_whole_mail(post, waiting):
    server, mailer = post
    server.answer("RCPT", "450 4.2.0 greylisted", to=waiting)
    delivers(mailer, Deferred, BOTH, says="450")
    assert server.mails == []
    check_still_works(server, mailer)


def test_data_without_a_valid_recipient_is_never_sent(post):
    server, mailer = post
    server.answer("RCPT", "450 4.2.0 greylisted", to=LEE)
    began = time.monotonic()
    delivers(mailer, Deferred, BOTH)
    assert time.monotonic() - began < LIMIT, "the mailer waited for a waiting server"
    assert server.mails == []
    check_still_works(server, mailer)
    assert all(mail.content for mail in server.mails)

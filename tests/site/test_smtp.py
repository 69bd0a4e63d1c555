# SPDX-License-Identifier: MIT
"""What becomes of a letter, for each thing that a mail server can say or do."""

import time

import pytest

from gs.profile.status.site.mail import (
    AllRefusedError,
    DoubtError,
    NotTakenError,
    Refused,
    RejectedError,
)
from servers.authority import Authority
from servers.smtp import Fault, mail_server
from servers.smtp_letters import KIM, LEE, PlainLetter
from servers.smtp_mailing import PASSWORD, mailing

LETTER = PlainLetter()
# More than the buffers between the two hold.
LONG = PlainLetter(text=("x" * 76 + "\r\n") * 250_000)
BOTH = PlainLetter((KIM, LEE))


@pytest.fixture(params=["plain", "starttls", "tls"])
def security(request):
    return request.param


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def certified(authority):
    return authority.good()


@pytest.fixture(params=[(), ("PIPELINING",)], ids=["pipelining", "one by one"])
def server_and_settings(request, security, authority, certified):
    offers, settings = {"without": request.param}, {}
    if security != "plain":
        offers |= {
            "tls": certified,
            "implicit": security == "tls",
            "users": {"site": PASSWORD},
        }
        settings = {
            "security": security,
            "user": "site",
            "password": PASSWORD,
            "ca_file": authority.pem,
        }
    with mail_server(**offers) as server:
        yield server, settings


@pytest.fixture(params=["first", "reused"])
def post(request, server_and_settings):
    """Give the server, and a mailer whose connection is new, or has been used."""
    server, settings = server_and_settings
    with mailing(server, **settings, connections=1) as mailer:
        if request.param == "reused":
            mailer.hand_over(PlainLetter(), "before")
            server.letters.clear()
            assert server.open == 1
        yield server, mailer
    assert server.letters == [] or server.letters[-1].tls == ("security" in settings)


def fails(mailer, kind, letter=LETTER, says=None):
    with pytest.raises(kind, match=says) as caught:
        mailer.hand_over(letter, "m1")
    assert type(caught.value).__name__ in {kind.__name__, "StaleError", "ServerRefusedError"}
    assert "example.org" not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    return caught.value


def goes_on(server, mailer):
    """The mailer is as good as ever, and nobody has had anything meanwhile."""
    before = len(server.letters)
    server.behave()
    assert mailer.hand_over(BOTH, "after") == ()
    assert [each.mail_from for each in server.letters[before:]] == ["bounces+after@example.org"]


def test_a_letter_is_taken_as_it_is(post):
    server, mailer = post
    assert mailer.hand_over(BOTH, "m1") == ()
    (taken,) = server.letters
    assert taken.mail_from == "bounces+m1@example.org"
    assert taken.recipients == (KIM, LEE)
    assert taken.content == BOTH.octets(eight_bit=True)
    assert set(taken.options) == {"BODY=8BITMIME", f"SIZE={len(taken.content)}"}
    assert server.connections == 1


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "END"])
def test_4xx_is_something_to_wait_for(post, stage):
    server, mailer = post
    server.answer(stage, f"451 4.3.0 <{KIM}> later")
    error = fails(mailer, NotTakenError, says=r"451 4\.3\.0 <…> later")
    assert error.retry_after == 60
    assert server.letters == []
    goes_on(server, mailer)


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "END"])
def test_421_is_something_to_wait_for(post, stage):
    server, mailer = post
    server.answer(stage, "421 4.3.2 shutting down")
    assert fails(mailer, NotTakenError, says="421").retry_after == 60
    assert server.letters == []
    server.behave()
    goes_on(server, mailer)


@pytest.mark.parametrize("stage", ["MAIL", "DATA", "END"])
def test_5xx_is_a_letter_rejected(post, stage):
    server, mailer = post
    server.answer(stage, f"554 5.6.0 <{KIM}> no")
    fails(mailer, RejectedError, says=r"554 5\.6\.0 <…> no")
    assert server.letters == []
    goes_on(server, mailer)


@pytest.mark.parametrize("stage", ["DATA", "END"])
@pytest.mark.parametrize("reply", ["550 5.1.1 gone", "550 No such user here"])
def test_5xx_to_the_whole_letter_that_speaks_of_its_only_address_marks_it(post, stage, reply):
    server, mailer = post
    server.answer(stage, reply)
    assert fails(mailer, AllRefusedError).refused == (Refused(KIM, reply),)
    fails(mailer, RejectedError, BOTH)
    goes_on(server, mailer)


def test_a_server_that_wants_a_log_in_has_taken_nothing(post):
    server, mailer = post
    server.answer("MAIL", "530 5.7.0 Authentication required")
    fails(mailer, NotTakenError, says="wants to be logged in to: 530")
    goes_on(server, mailer)


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "TEXT"])
def test_a_connection_lost_before_the_final_dot_has_taken_nothing(
    server_and_settings, stage, fault
):
    server, settings = server_and_settings
    with mailing(server, **settings, connections=1) as mailer:
        mailer.hand_over(PlainLetter(), "before")
    server.letters.clear()
    with mailing(server, **settings | {"timeout": 0.5}, connections=1) as mailer:
        server.answer(stage, fault)
        fails(mailer, NotTakenError, LONG if stage == "TEXT" else LETTER)
        assert server.letters == []
        goes_on(server, mailer)


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.RESET])
def test_a_letter_that_has_left_whole_is_in_doubt_though_it_was_not_read_to_the_end(post, fault):
    server, mailer = post
    server.answer("TEXT", fault)
    fails(mailer, DoubtError)
    assert server.letters == []
    goes_on(server, mailer)


@pytest.mark.parametrize("reply", [*Fault, "354 what", "999 what", "what"])
def test_no_answer_after_the_final_dot_is_a_doubt(server_and_settings, reply):
    server, settings = server_and_settings
    with mailing(server, **settings, connections=1) as mailer:
        mailer.hand_over(PlainLetter(), "before")
    with mailing(server, **settings | {"final_timeout": 0.3}, connections=1) as mailer:
        server.letters.clear()
        server.answer("END", reply)
        fails(mailer, DoubtError)
        connections = server.connections
        goes_on(server, mailer)
        assert server.connections == connections + 1


def test_the_verdict_may_take_longer_than_an_answer(server_and_settings):
    server, settings = server_and_settings
    server.answer("END", 0.8)
    with mailing(server, **settings | {"timeout": 0.5}) as mailer:
        assert mailer.hand_over(PlainLetter(), "m1") == ()
        assert mailer.hand_over(PlainLetter(), "m1") == ()
    assert server.connections == 1


def test_an_address_that_is_refused_is_said_and_the_others_are_mailed(post):
    server, mailer = post
    server.answer("RCPT", f"550 5.1.1 <{LEE}> no such user", to=LEE)
    assert mailer.hand_over(BOTH, "m1") == (Refused(LEE, "550 5.1.1 <…> no such user"),)
    assert [letter.recipients for letter in server.letters] == [(KIM,)]


def test_where_all_are_refused_nobody_is_mailed(post):
    server, mailer = post
    server.answer("RCPT", "550 5.1.1 no such user", to=LEE)
    server.answer("RCPT", "552 5.2.2 full", to=KIM)
    error = fails(mailer, AllRefusedError, BOTH)
    assert error.refused == (
        Refused(KIM, "552 5.2.2 full"),
        Refused(LEE, "550 5.1.1 no such user"),
    )
    goes_on(server, mailer)


def test_a_refusal_that_says_nothing_of_the_address_rejects_the_letter(post):
    server, mailer = post
    server.answer("RCPT", f"554 5.7.1 <{KIM}>: Relay access denied")
    fails(mailer, RejectedError, BOTH, says="554 5.7.1 <…>: Relay access denied")
    goes_on(server, mailer)


def test_such_a_refusal_of_one_marks_no_address_and_keeps_nobody_else_waiting(post):
    server, mailer = post
    server.answer("RCPT", "554 5.7.1 Relay access denied", to=LEE)
    assert mailer.hand_over(BOTH, "m1") == ()
    assert [letter.recipients for letter in server.letters] == [(KIM,)]


@pytest.mark.parametrize("waiting", [KIM, LEE])
def test_nobody_is_mailed_while_one_of_them_has_to_wait(post, waiting):
    server, mailer = post
    server.answer("RCPT", "450 4.2.0 greylisted", to=waiting)
    fails(mailer, NotTakenError, BOTH, says="450")
    assert server.letters == []
    goes_on(server, mailer)


def test_an_empty_letter_is_never_sent_by_a_server_that_asks_for_it_anyway(post):
    server, mailer = post
    server.answer("RCPT", "450 4.2.0 greylisted", to=LEE)
    began = time.monotonic()
    fails(mailer, NotTakenError, BOTH)
    assert time.monotonic() - began < 4, "it waited for a server that waits for the letter"
    assert server.letters == []
    goes_on(server, mailer)
    assert all(letter.content for letter in server.letters)

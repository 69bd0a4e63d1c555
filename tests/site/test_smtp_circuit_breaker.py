# SPDX-License-Identifier: MIT
"""The circuit breaker: a server that refuses every address does not mark them all."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from gs.profile.status.site.delivery import RecipientsRefused
from servers.smtp import mail_server
from servers.smtp_mailer import mailing, text_of
from servers.smtp_messages import KIM, LEE, ZOE, PlainMessage

MESSAGE = PlainMessage()
REFUSAL = "550 go away"
MANY = tuple(f"m{number}@example.org" for number in range(11))


def outcome(mailer, mail=MESSAGE):
    result = mailer.deliver(mail, "m1")
    return "refused" if isinstance(result, RecipientsRefused) else text_of(result)


@pytest.mark.parametrize("stage", ["RCPT", "DATA", "END"])
def test_no_address_is_marked_after_ten_refusals_until_a_delivery(stage):
    with mail_server() as server, mailing(server) as mailer:
        for _ in range(2):
            server.answer(stage, "550 5.1.1 go away")
            assert [outcome(mailer) for _ in range(10)] == ["refused"] * 10
            for _ in range(3):
                assert outcome(mailer).startswith(
                    "The mail server refuses every recipient: 550 5.1.1"
                )
            server.behave()
            assert outcome(mailer) == ""


def test_threads_share_the_limit_of_refusals():
    with mail_server() as server, mailing(server) as mailer, ThreadPoolExecutor(4) as pool:
        server.answer("RCPT", REFUSAL)
        outcomes = list(pool.map(lambda _: outcome(mailer), range(30)))
    assert outcomes.count("refused") == 10


def test_refused_addresses_are_counted_and_not_mails():
    with mail_server() as server, mailing(server) as mailer:
        server.answer("RCPT", REFUSAL)
        outcomes = [outcome(mailer, PlainMessage((KIM, LEE))) for _ in range(6)]
    assert outcomes.count("refused") == 5


def test_a_member_with_more_addresses_than_the_limit_is_not_deferred_for_ever():
    with mail_server() as server, mailing(server) as mailer:
        server.answer("RCPT", REFUSAL)
        assert outcome(mailer, PlainMessage(MANY)) == "refused"
        assert outcome(mailer).startswith("The mail server refuses every recipient")


def test_refusals_by_the_site_itself_are_not_counted():
    with mail_server(without=("SMTPUTF8",)) as server, mailing(server) as mailer:
        assert {outcome(mailer, PlainMessage((ZOE,))) for _ in range(12)} == {"refused"}

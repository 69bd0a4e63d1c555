# SPDX-License-Identifier: MIT
"""A mail on the wire: 8-bit or 7-bit, international, and without smuggled commands."""

import pytest

from gs.profile.status.site.delivery import Deferred, Delivered, RecipientsRefused
from servers.smtp import mail_server
from servers.smtp_mailer import ends, mailing
from servers.smtp_messages import KIM, ZOE, PlainMessage


@pytest.mark.parametrize(("without", "content"), [((), True), (("8BITMIME",), False)])
def test_8bitmime_is_used_if_the_server_supports_it(without, content):
    with mail_server(without=without) as server, mailing(server) as mailer:
        mailer.deliver(PlainMessage(), "m1")
    (received,) = server.mails
    assert received.content == PlainMessage().octets(eight_bit=content)
    assert ("BODY=8BITMIME" in received.options) == content


def test_an_international_mail_needs_smtputf8():
    mail = PlainMessage((ZOE, KIM), international=True)
    with mail_server() as server, mailing(server) as mailer:
        mailer.deliver(mail, "m1")
        mailer.deliver(PlainMessage(), "m2")
    assert server.mails[0].recipients == (ZOE, KIM)
    assert {"SMTPUTF8", "BODY=8BITMIME"} <= set(server.mails[0].options)
    assert "SMTPUTF8" not in server.mails[1].options


@pytest.mark.parametrize(("recipients", "refused"), [((ZOE,), [ZOE]), ((KIM, ZOE), [ZOE])])
def test_an_international_mail_is_refused_without_smtputf8(recipients, refused):
    mail = PlainMessage(recipients, international=True)
    with mail_server(without=("SMTPUTF8",)) as server, mailing(server) as mailer:
        result = ends(mailer, RecipientsRefused, mail, "SMTPUTF8")
        assert [each.address for each in result.refused] == refused
        assert mailer.deliver(PlainMessage(), "m2") == Delivered()


def test_an_international_bounce_address_is_reported_and_marks_no_address():
    mail = PlainMessage((KIM,), international=True)
    with mail_server(without=("SMTPUTF8",)) as server, mailing(server) as mailer:
        ends(mailer, Deferred, mail, "From address needs SMTPUTF8.*support address in ASCII")
        assert mailer.deliver(PlainMessage(), "m2") == Delivered()


@pytest.mark.parametrize(
    "hostile",
    ["a@b>\r\nRCPT TO:<x@evil.example", "a>b@c", "a\0@b", "\ud800@b", "a\u2028@b", ""],
)
def test_an_address_cannot_smuggle_a_command(hostile):
    with mail_server() as server, mailing(server) as mailer:
        result = ends(mailer, RecipientsRefused, PlainMessage((hostile,)))
        assert [each.address for each in result.refused] == [hostile]
        (refused,) = ends(mailer, Delivered, PlainMessage((KIM, hostile))).refused
        assert refused.address == hostile
        assert [mail.recipients for mail in server.mails] == [(KIM,)]


@pytest.mark.parametrize("end", ["\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r\n.\r\n", "\r\n.\r"])
def test_a_mail_cannot_smuggle_another_one(end):
    smuggled = f"hello{end}MAIL FROM:<evil@example.org>\r\n"
    with mail_server() as server, mailing(server) as mailer:
        mailer.deliver(PlainMessage(text=smuggled), "m1")
        mailer.deliver(PlainMessage(), "m2")
    first, second = server.mails
    assert first.content.endswith(b"hello\r\n.\r\nMAIL FROM:<evil@example.org>\r\n")
    assert second.mail_from == "bounces+m2@example.org"
    assert first.content.count(b"\r\n") == first.content.count(b"\n") == first.content.count(b"\r")


def test_a_mail_server_cannot_be_asked_for_earlier_deliveries():
    with mail_server() as server, mailing(server) as mailer:
        assert mailer.was_delivered("key") is None

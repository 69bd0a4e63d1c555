# SPDX-License-Identifier: MIT
"""Replies, settings and bounce addresses, without a mail server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.delivery.connection import SmtpReply
from gs.profile.status.site.delivery.settings import SmtpSettings
from gs.profile.status.site.delivery.smtp import SmtpMailer, bounce_address

BOUNCES = "bounces@lists.example.org"


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 User unknown",
        "550 5.1.10 null MX",
        "550 5.4.1 Recipient address rejected: Access denied",
        "550 5.2.1 The account you tried to reach is disabled",
        "550 No such user here",
        "501 5.1.3 Bad recipient address syntax",
        "553 5.6.7 needs SMTPUTF8",
        "551 User not local",
        "556 domain does not accept mail",
        "525 5.7.13 User account disabled",
        "550 5.7.17 Mailbox owner has changed",
    ],
)
def test_replies_about_the_address(reply):
    assert SmtpReply(int(reply[:3]), reply[4:]).is_about_address


@pytest.mark.parametrize(
    "reply",
    [
        "554 5.7.1 <a@example.org>: Relay access denied",
        "550 relay not permitted",
        "530 5.7.0 Authentication required",
        "530 Must issue a STARTTLS command first",
        "535 Authentication failed",
        "550 5.1.8 Sender address rejected: Domain not found",
        "550 5.7.26 unauthenticated mail is prohibited",
        "550 Rejected because 192.0.2.1 is in a black list at zen.example.org",
        "550 Sender verify failed",
        "503 5.5.1 Bad sequence of commands",
        "552 5.3.4 too big",
        "550 5.3.0 something is wrong here",
        "550 Access denied",
        "550 Administrative prohibition",
        "550 administratively prohibited",
        "550 Client host rejected: cannot find your hostname",
        "550 your address is blocked",
        "550 blacklisted",
    ],
)
def test_replies_that_are_not_about_the_address(reply):
    assert not SmtpReply(int(reply[:3]), reply[4:]).is_about_address


@pytest.mark.parametrize(
    "reply",
    ["550 5.1.1 gone", "554 5.1.10 null MX", "550 User unknown", "550 mailbox unavailable"],
)
def test_a_final_reply_can_be_about_the_address(reply):
    assert SmtpReply(int(reply[:3]), reply[4:]).is_clearly_about_address


@pytest.mark.parametrize(
    "reply",
    [
        "451 4.1.1 gone",
        "550 4.1.1 gone",
        "554 5.6.0 no",
        "552 5.2.3 too long",
        "550 5.1.8 sender",
        "550 5.1.0 Sender rejected",
        "550 no",
        "554 User unknown",
        "550 mailbox unavailable: policy",
        "535 5.1.1 log in",
    ],
)
def test_an_ambiguous_final_reply_is_about_the_mail(reply):
    assert not SmtpReply(int(reply[:3]), reply[4:]).is_clearly_about_address


def test_a_reply_is_shown_without_addresses_and_controls_and_cut():
    reply = SmtpReply.read(
        550, b"5.1.1 <kim@example.org>: \x1b[31m(a.b@example.net)\nunknown" * 20
    )
    assert reply.shown.startswith("550 5.1.1 <…>:  [31m(<…>) unknown")
    assert "example" not in reply.shown
    assert reply.shown.isprintable()
    assert len(reply.shown) <= 200


@given(st.binary())
def test_any_reply_is_shown_as_safe_text(octets):
    assert SmtpReply.read(500, octets).shown.isprintable()


@given(st.text())
def test_every_member_has_a_valid_bounce_address(reader):
    address = bounce_address(BOUNCES, reader)
    local, _, domain = address.rpartition("@")
    assert domain == "lists.example.org"
    assert len(local) <= 64
    assert address.isascii()
    assert not set(address) & set(' \t\r\n<>"(),:;[]\\')
    assert local.startswith("bounces+")


@given(st.from_regex(r"[A-Za-z0-9_-]{1,56}", fullmatch=True))
def test_the_member_can_be_read_from_the_address(reader):
    assert bounce_address(BOUNCES, reader) == f"bounces+{reader}@lists.example.org"


@pytest.mark.parametrize("reader", ["", "a b", "a..b", ".a", "a@b", "ä", "x" * 57, "\ud800"])
def test_an_unusual_id_is_hashed_in_the_bounce_address(reader):
    address = bounce_address(BOUNCES, reader)
    assert address.startswith("bounces+=")
    assert address == bounce_address(BOUNCES, reader)
    assert address != bounce_address(BOUNCES, f"{reader} ")


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_default_port_depends_on_the_security(security, port):
    assert SmtpSettings("mx", security=security).port == port
    assert SmtpSettings("mx", 2525, security).port == 2525


def test_the_password_is_not_shown():
    settings = SmtpSettings("mx", user="site", password="secret-word")
    assert "secret-word" not in repr(settings) + str(settings)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"security": "ssl"}, "security"),
        ({"host": ""}, "host"),
        ({"host": "a..b"}, "host"),
        ({"port": 65536}, "port"),
        ({"port": -1}, "port"),
        ({"timeout": 0}, "timeout"),
        ({"final_timeout": 0}, "final-timeout"),
        ({"idle": 0}, "idle"),
        ({"connections": 0}, "connections"),
        ({"messages": 0}, "messages"),
        ({"user": "site"}, "password"),
        ({"local_hostname": "küche"}, "local-hostname"),
        ({"local_hostname": "a b"}, "local-hostname"),
        ({"local_hostname": "a\r\nb"}, "local-hostname"),
        ({"local_hostname": "a\n"}, "local-hostname"),
        ({"local_hostname": ""}, "local-hostname"),
        ({"user": "u", "password": "p", "security": "none"}, "under TLS"),
        ({"bounces": "no address"}, "bounces"),
        ({"bounces": "böunces@example.org"}, "bounces"),
        ({"bounces": f"{'x' * 37}@example.org"}, "bounces"),
        ({"bounces": "a@b\r\nRCPT TO:<c@d>"}, "bounces"),
    ],
)
def test_invalid_settings_are_refused_with_a_message(wrong, says):
    with pytest.raises(ValueError, match=says):
        SmtpSettings(**{"host": "mx", **wrong})


@pytest.mark.parametrize("name", ["a", "a.b-c.example.org", "[192.0.2.1]", "[IPv6:2001:db8::1]"])
def test_a_host_is_a_name_or_an_address(name):
    assert SmtpSettings("mx", local_hostname=name).local_hostname == name


def test_a_mailer_with_invalid_settings_gives_the_reason(tmp_path):
    with pytest.raises(ValueError, match="bounces is missing"):
        SmtpMailer(SmtpSettings("mx"))
    missing, wrong = tmp_path / "missing.pem", tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    for file in (missing, wrong):
        with pytest.raises(ValueError, match=str(file)):
            SmtpMailer(SmtpSettings("mx", ca_file=file, bounces=BOUNCES))

# SPDX-License-Identifier: MIT
"""Connecting to the mail server: securely, or not at all without sending anything."""

import socket
import ssl
from contextlib import closing

import pytest

from gs.profile.status.site.delivery import Deferred, SmtpMailer, SmtpSettings
from limits import LIMIT
from servers.authority import Authority
from servers.smtp import Fault, mail_server
from servers.smtp_mailer import PASSWORD, ends, mailing, over_tls
from servers.smtp_messages import PlainMessage

MESSAGE = PlainMessage()


def check_deferred(mailer, says=""):
    assert ends(mailer, Deferred, MESSAGE, says).retry_after == 60


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize(
    ("certificate", "says"),
    [("wrong_name", "not valid"), ("expired", "expired"), ("unknown", "issuer|self")],
)
def test_an_untrusted_certificate_gets_no_mail_and_no_password(
    authority, certificate, says, implicit
):
    context = getattr(authority, certificate)()
    settings = over_tls(authority, "tls" if implicit else "starttls")
    with mail_server(tls=context, implicit=implicit, users={"site": PASSWORD}) as server:
        with mailing(server, **settings, user="site", password=PASSWORD) as mailer:
            check_deferred(mailer, f"certificate.*({says})")
        assert server.mails == []
        assert not any("AUTH" in command for command in server.commands)


def test_a_missing_starttls_stops_the_delivery(authority):
    with mail_server(users={"site": PASSWORD}) as server:
        settings = over_tls(authority) | {"user": "site", "password": PASSWORD}
        with mailing(server, **settings) as mailer:
            check_deferred(mailer, "does not offer STARTTLS")
        assert {command.split()[0] for command in server.commands} == {"EHLO"}


def test_a_refused_starttls_stops_the_delivery(authority):
    with mail_server(tls=authority.good()) as server:
        server.answer("STARTTLS", "454 4.7.0 TLS not available")
        with mailing(server, **over_tls(authority)) as mailer:
            check_deferred(mailer, "454")
        assert not any(command.startswith("MAIL") for command in server.commands)


def test_tls_before_1_2_is_refused(authority):
    context = authority.good()
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with mail_server(tls=context, implicit=True) as server:
        with mailing(server, **over_tls(authority, "tls")) as mailer:
            check_deferred(mailer, "TLS failed")
        assert server.mails == []


@pytest.mark.parametrize("mechanism", ["LOGIN", "PLAIN"])
def test_authentication_uses_an_offered_method(authority, mechanism):
    users, mechanisms = {"site": PASSWORD}, (mechanism,)
    with mail_server(tls=authority.good(), users=users, mechanisms=mechanisms) as server:
        settings = over_tls(authority) | {"user": "site", "password": PASSWORD}
        with mailing(server, **settings) as mailer:
            mailer.deliver(MESSAGE, "m1")
        assert [(mail.user, mail.tls) for mail in server.mails] == [("site", True)]


def test_a_refused_login_is_reported_and_tried_once(authority):
    with mail_server(tls=authority.good(), users={"site": "another"}) as server:
        settings = over_tls(authority) | {"user": "site", "password": PASSWORD}
        with mailing(server, **settings) as mailer:
            check_deferred(mailer, r"refuses the log-in \(535.*correct user and password")
        assert sum(command.startswith("AUTH") for command in server.commands) == 1


def test_a_temporary_login_failure_defers_the_mail(authority):
    with mail_server(tls=authority.good(), users={"site": PASSWORD}) as server:
        settings = over_tls(authority) | {"user": "site", "password": PASSWORD}
        server.answer("AUTH", "454 4.7.0 later")
        with mailing(server, **settings) as mailer:
            check_deferred(mailer, "cannot log in now: 454")


def test_a_server_without_authentication_is_reported(authority):
    with mail_server(tls=authority.good()) as server:
        settings = over_tls(authority) | {"user": "site", "password": PASSWORD}
        with mailing(server, **settings) as mailer:
            check_deferred(mailer, "offers no log-in")


@pytest.mark.parametrize(
    ("stage", "move"),
    [
        *(("GREETING", fault) for fault in Fault),
        *(("EHLO", fault) for fault in Fault),
        ("GREETING", "421 4.3.2 busy"),
        ("GREETING", "454 later"),
        ("GREETING", "554 no"),
        ("GREETING", "what"),
        ("GREETING", "220-" + "x" * 9000),
        ("EHLO", "421 4.3.2 busy"),
        ("EHLO", "250-" + "x" * 9000),
    ],
)
def test_a_failed_connection_defers_the_mail(stage, move):
    with mail_server() as server:
        server.answer(stage, move)
        timeout = 0.4 if move is Fault.SILENCE else LIMIT
        with mailing(server, timeout=timeout) as mailer:
            check_deferred(mailer)
        assert server.mails == []


def test_an_unreachable_server_defers_the_mail():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings = SmtpSettings("127.0.0.1", port, "none", bounces="bounces@example.org")
    with closing(SmtpMailer(settings)) as mailer:
        check_deferred(mailer, f"127.0.0.1:{port} cannot be reached")


def test_an_error_while_connecting_defers_the_mail_and_hides_its_text():
    with mail_server() as server:
        settings = SmtpSettings("127.0.0.1", server.port, "none", bounces="bounces@example.org")
        object.__setattr__(settings, "local_hostname", "küche")  # a valid host name
        with closing(SmtpMailer(settings)) as mailer:
            check_deferred(mailer, r"because of a bug: UnicodeEncodeError\.$")
        assert server.mails == []


def test_a_server_without_ehlo_gets_seven_bits():
    with mail_server() as server:
        server.answer("EHLO", "502 5.5.1 what is that")
        with mailing(server) as mailer:
            mailer.deliver(MESSAGE, "m1")
        (received,) = server.mails
        assert received.content == MESSAGE.octets(eight_bit=False)
        assert received.options == ()

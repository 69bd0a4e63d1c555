# SPDX-License-Identifier: MIT
"""A silent mail server times out at each stage; all stages are tested at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from gs.profile.status.site.delivery import Deferred, Delivered, InDoubt
from limits import LIMIT
from servers.authority import Authority
from servers.smtp import Fault, mail_server
from servers.smtp_mailer import ends, mailing, over_tls
from servers.smtp_messages import PlainMessage

# Seconds that each case waits; all cases wait at the same time. A reply has to arrive within that
# time, also on a slow machine.
WAIT = 8
UNHURRIED = 5 * LIMIT
MESSAGE = PlainMessage()
# More than the buffers between client and server.
LONG = PlainMessage(text=("x" * 76 + "\r\n") * 250_000)
PIPELINING, ONE_BY_ONE = (), ("PIPELINING",)


@contextmanager
def given(authority, security, without, **settings):
    """Yield a server and a mailer with long timeouts, except those in *settings*."""
    offers, secure = {}, {}
    if security != "none":
        offers = {"tls": authority.good(), "implicit": security == "tls"}
        secure = over_tls(authority, security)
    settings = {"timeout": UNHURRIED, "final_timeout": UNHURRIED} | secure | settings
    with (
        mail_server(**offers, without=without) as server,
        mailing(server, **settings, connections=1) as mailer,
    ):
        yield server, mailer


def silent_before_the_final_dot(authority, security, without, stage):
    """No mail was accepted, also not later."""
    with given(authority, security, without, timeout=WAIT) as (server, mailer):
        server.answer(stage, Fault.SILENCE)
        ends(mailer, Deferred, LONG if stage == "TEXT" else MESSAGE, "does not answer in time")
        assert server.mails == []
        check_still_works(server, mailer)


def silent_after_the_final_dot(authority, security, without):
    """The mail is in doubt, and the connection is not reused."""
    with given(authority, security, without, final_timeout=WAIT) as (server, mailer):
        server.answer("END", Fault.SILENCE)
        ends(mailer, InDoubt, MESSAGE, "does not answer in time")
        assert server.connections == 1
        check_still_works(server, mailer)
        assert server.connections == 2


def slow_final_reply(authority, security, without):
    """The final reply may take longer than the others."""
    with given(authority, security, without, timeout=WAIT) as (server, mailer):
        server.answer("END", WAIT + 0.5, times=1)
        assert mailer.deliver(MESSAGE, "m1") == Delivered()
        assert mailer.deliver(MESSAGE, "m1") == Delivered()
        assert server.connections == 1


def silent_on_a_kept_connection(authority, security, without):
    """A silent kept connection is replaced like a closed one."""
    with given(authority, security, without, timeout=WAIT) as (server, mailer):
        mailer.deliver(MESSAGE, "m1")
        server.answer("MAIL", Fault.SILENCE, times=1)
        mailer.deliver(MESSAGE, "m2")
        assert server.connections == 2
        assert len(server.mails) == 2


def check_still_works(server, mailer):
    """Check that no mail was accepted, and that the mailer still works."""
    server.behave()
    assert mailer.deliver(MESSAGE, "after") == Delivered()
    assert [each.mail_from for each in server.mails] == ["bounces+after@example.org"]


CASES = [
    (silent_before_the_final_dot, "none", PIPELINING, "MAIL"),
    (silent_before_the_final_dot, "tls", ONE_BY_ONE, "MAIL"),
    (silent_before_the_final_dot, "none", ONE_BY_ONE, "RCPT"),
    (silent_before_the_final_dot, "starttls", PIPELINING, "RCPT"),
    (silent_before_the_final_dot, "starttls", ONE_BY_ONE, "DATA"),
    (silent_before_the_final_dot, "tls", PIPELINING, "DATA"),
    (silent_before_the_final_dot, "none", ONE_BY_ONE, "TEXT"),
    (silent_before_the_final_dot, "tls", PIPELINING, "TEXT"),
    (silent_after_the_final_dot, "none", PIPELINING),
    (silent_after_the_final_dot, "starttls", ONE_BY_ONE),
    (silent_after_the_final_dot, "tls", PIPELINING),
    (slow_final_reply, "none", ONE_BY_ONE),
    (slow_final_reply, "tls", PIPELINING),
    (silent_on_a_kept_connection, "none", PIPELINING),
    (silent_on_a_kept_connection, "tls", ONE_BY_ONE),
]


def test_a_silent_server_times_out_at_each_stage(tmp_path):
    authority = Authority(tmp_path)
    with ThreadPoolExecutor(len(CASES)) as pool:
        done = [pool.submit(case, authority, *about) for case, *about in CASES]
    for one in done:
        one.result()

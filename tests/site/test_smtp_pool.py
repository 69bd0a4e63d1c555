# SPDX-License-Identifier: MIT
"""The connection pool: connections are kept, shared, replaced once, and closed with QUIT."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gs.profile.status.site.delivery import Deferred, RecipientsRefused, Rejected
from limits import LIMIT, wait_until
from servers.authority import Authority
from servers.smtp import Fault, mail_server
from servers.smtp_mailer import Clock, ends, mailing, over_tls
from servers.smtp_messages import PlainMessage

MESSAGE = PlainMessage()


class BarrierMessage(PlainMessage):
    """A mail that is sent only once *count* of them have a connection each."""

    def __init__(self, many):
        super().__init__()
        object.__setattr__(self, "there", threading.Barrier(many, timeout=LIMIT))

    def octets(self, *, eight_bit):
        self.there.wait()
        return super().octets(eight_bit=eight_bit)


def check_deferred(mailer, says=""):
    assert ends(mailer, Deferred, MESSAGE, says).retry_after == 60


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def test_a_connection_is_reused_for_many_mails():
    with mail_server() as server, mailing(server, messages=3) as mailer:
        for _ in range(7):
            mailer.deliver(MESSAGE, "m1")
        assert [mail.connection for mail in server.mails] == [1, 1, 1, 2, 2, 2, 3]
        wait_until(lambda: server.commands.count("QUIT") == 2)


def test_threads_share_the_connections_and_never_open_more():
    with mail_server() as server:
        server.answer("END", 0.02)
        mails = [BarrierMessage(3)] * 3 + [MESSAGE] * 37
        with mailing(server, connections=3) as mailer, ThreadPoolExecutor(8) as pool:
            assert mailer.jobs == 3
            list(pool.map(mailer.deliver, mails, map(str, range(40))))
        assert server.connections == 3
        senders = {mail.mail_from for mail in server.mails}
        assert senders == {f"bounces+{number}@example.org" for number in range(40)}
        assert len(server.mails) == 40


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_dead_kept_connections_are_replaced_silently(authority, security):
    offers = {} if security == "none" else {"tls": authority.good()}
    settings = {"security": "none"} if security == "none" else over_tls(authority, security)
    with (
        mail_server(**offers, implicit=security == "tls") as server,
        mailing(server, connections=2, **settings) as mailer,
    ):
        send_two_at_once(mailer)
        server.cut()
        send_two_at_once(mailer)
        assert server.connections == 4
        assert len(server.mails) == 4


def send_two_at_once(mailer):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(mailer.deliver, [BarrierMessage(2)] * 2, ["m1", "m2"]))


@pytest.mark.parametrize(
    "move", [Fault.CLOSE, Fault.RESET, Fault.TAKEN, "421 4.4.2 idle for too long", "what"]
)
def test_a_kept_connection_that_dies_at_mail_is_replaced_once(move):
    with mail_server() as server, mailing(server) as mailer:
        mailer.deliver(MESSAGE, "m1")
        server.answer("MAIL", move, times=1)
        mailer.deliver(MESSAGE, "m2")
        assert server.connections == 2
        server.answer("MAIL", move, times=2)
        check_deferred(mailer)
        assert server.connections == 3
        mailer.deliver(MESSAGE, "m3")
        assert len(server.mails) == 3


def test_a_new_connection_that_dies_is_not_replaced():
    with mail_server() as server, mailing(server) as mailer:
        server.answer("MAIL", Fault.CLOSE, times=1)
        check_deferred(mailer)
        assert server.connections == 1


def test_a_long_idle_connection_is_closed_and_not_used():
    clock = Clock()
    with mail_server() as server, mailing(server, clock, idle=30) as mailer:
        mailer.deliver(MESSAGE, "m1")
        clock.now += 29
        mailer.deliver(MESSAGE, "m2")
        clock.now += 30
        mailer.deliver(MESSAGE, "m3")
        assert [mail.connection for mail in server.mails] == [1, 1, 2]
        wait_until(lambda: server.commands.count("QUIT") == 1)


@pytest.mark.parametrize("reply", ["550 5.1.1 unknown", "554 5.7.1 policy"])
def test_a_connection_is_closed_after_many_refusals(reply):
    with mail_server() as server, mailing(server) as mailer:
        server.answer("RCPT", reply)
        for _ in range(8):
            ends(mailer, RecipientsRefused | Rejected, MESSAGE)
        assert server.connections == 2


def test_close_sends_quit():
    with mail_server() as server:
        with mailing(server) as mailer:
            mailer.deliver(MESSAGE, "m1")
        wait_until(lambda: server.commands[-1] == "QUIT")
        mailer.close()
        check_deferred(mailer, "being stopped")


def test_a_mail_in_progress_is_finished_after_close():
    with mail_server() as server, mailing(server) as mailer:
        server.answer("END", 0.4)
        thread = threading.Thread(target=mailer.deliver, args=(MESSAGE, "m1"))
        thread.start()
        wait_until(lambda: "DATA" in server.commands)
        mailer.close()
        thread.join(LIMIT)
        assert len(server.mails) == 1
        wait_until(lambda: server.commands[-1] == "QUIT")


def test_an_unreachable_server_is_not_tried_again_for_a_second():
    clock = Clock()
    with mail_server() as server, mailing(server, clock) as mailer:
        server.answer("GREETING", "421 4.3.2 busy")
        check_deferred(mailer, "421 4.3.2 busy")
        server.behave()
        check_deferred(mailer, "421 4.3.2 busy")
        assert server.connections == 1
        clock.now += 1
        mailer.deliver(MESSAGE, "m1")
        assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("stage", "move"), [("MAIL", "451 4.3.0 later"), ("RCPT", Fault.CLOSE), ("DATA", Fault.CLOSE)]
)
def test_a_mail_is_not_retried_after_the_server_accepted_a_command(stage, move):
    with mail_server() as server, mailing(server) as mailer:
        mailer.deliver(MESSAGE, "m1")
        server.answer(stage, move, times=1)
        check_deferred(mailer)
        assert server.connections == 1
        assert len(server.mails) == 1

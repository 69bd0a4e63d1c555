# SPDX-License-Identifier: MIT
"""Replies of the mail server have limits of lines and of time."""

import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from gs.profile.status.site.delivery import Deferred, Delivered, InDoubt
from limits import LIMIT
from servers.smtp import mail_server
from servers.smtp_mailer import ends, mailing
from servers.smtp_messages import PlainMessage

MESSAGE = PlainMessage()


def lines(code, count):
    return "\r\n".join([f"{code}-x"] * (count - 1) + [f"{code} x"])


class Dripping:
    """Sends its greeting an octet at a time, for much longer than the timeout."""

    host = "127.0.0.1"

    def __init__(self, listening):
        self._listening = listening
        self.port = listening.getsockname()[1]

    def run(self):
        connection, _ = self._listening.accept()
        with connection, suppress(OSError):
            for _ in range(1200):
                connection.sendall(b"2")
                time.sleep(0.05)


@contextmanager
def dripping_server():
    with socket.create_server((Dripping.host, 0)) as listening:
        server = Dripping(listening)
        thread = threading.Thread(target=server.run)
        thread.start()
        yield server
        thread.join(LIMIT)


def test_a_slow_reply_times_out():
    with (
        dripping_server() as server,
        mailing(server, timeout=0.4) as mailer,
    ):
        # If it ends after a minute, the error is another one.
        ends(mailer, Deferred, MESSAGE, "does not answer in time")


def test_a_reply_of_a_hundred_lines_is_read():
    with mail_server() as server, mailing(server) as mailer:
        server.answer("END", lines(250, 100))
        assert mailer.deliver(MESSAGE, "m1") == Delivered()


@pytest.mark.parametrize(("stage", "kind"), [("MAIL", Deferred), ("END", InDoubt)])
def test_a_reply_over_the_line_limit_is_refused(stage, kind):
    with mail_server() as server, mailing(server) as mailer:
        server.answer(stage, lines(250, 101))
        ends(mailer, kind, MESSAGE, "its reply is too long")


def test_an_endless_greeting_fails_the_connection():
    with mail_server() as server, mailing(server) as mailer:
        server.answer("GREETING", lines(220, 5000))
        ends(mailer, Deferred, MESSAGE, "its reply is too long")

# SPDX-License-Identifier: MIT
"""A connection to a mail server: commands go out, replies come in, and it may be lost."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, cast

from .answering import EndlessError
from .replies import Reply

#: RFC 5321, 3.8: the server closes the connection, whatever it was asked.
CLOSING: Final = 421
GO_ON: Final = 354
_OK: Final = 250

# Seconds: nobody waits longer than this for a good-bye.
_GOOD_BYE: Final = 2.0


class LostError(Exception):
    """The connection is of no use any more; its words say why, and name no member."""


class Connection:
    """A connection on which letters can be handed over, by one thread at a time.

    *messages* counts them, *faults* what the server refused for good; *kept* and *idle_since* are
    for whoever keeps it. Where it is *lost*, or a reply is none of SMTP's, :class:`LostError` is
    raised, and again by all that follows.
    """

    def __init__(self, client: smtplib.SMTP, timeout: float, final_timeout: float) -> None:
        self._client = client
        self._sock = cast("socket.socket", client.sock)  # None before it was connected
        # Without it the end of a letter waits for the server's acknowledgement.
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._timeout = timeout
        self._final_timeout = final_timeout
        self._unread = 0
        self.messages = 0
        self.faults = 0
        self.kept = False
        self.idle_since = 0.0
        self.lost = False

    def offers(self, keyword: str) -> bool:
        """Return whether the server offers that extension."""
        return self._client.has_extn(keyword)

    def ask(self, *commands: bytes) -> Iterator[Reply]:
        """Yield the reply to each command; all are sent at once where the server allows it.

        That is for RFC 2920, so DATA may only be the last. Otherwise a command is sent when its
        reply is asked for.
        """
        if self.offers("pipelining"):
            self._send(b"".join(commands))
            self._unread = len(commands)
            for _ in commands:
                yield self._heard()
        else:
            for command in commands:
                self._send(command)
                self._unread = 1
                yield self._heard()

    def send_text(self, text: bytes) -> None:
        """Send the letter with its final dot, which is the last that leaves.

        Where this raises :class:`LostError` the dot has not left, so that the server has nothing
        whole.
        """
        self._send(text)

    def verdict(self) -> Reply:
        """Return what the server says to the final dot; it is given more time for that."""
        self.messages += 1
        self._sock.settimeout(self._final_timeout)
        reply = self._read()
        if reply.code == CLOSING:
            self.drop()
        else:
            self._sock.settimeout(self._timeout)
        return reply

    def reset(self) -> bool:
        """Forget a letter that was begun; return whether the connection can go on."""
        with suppress(LostError):
            while self._unread:
                if self._heard().code == GO_ON:
                    # A lone dot would deliver an empty letter to those who were accepted.
                    break
            else:
                if next(self.ask(b"RSET\r\n")).code == _OK:
                    return True
        self.drop()
        return False

    def close(self) -> None:
        """Say good-bye, and close."""
        if not self.lost:
            with suppress(OSError, LostError):
                self._sock.settimeout(_GOOD_BYE)
                next(self.ask(b"QUIT\r\n"))
        self.drop()

    def drop(self) -> None:
        """Close without a word."""
        self.lost = True
        self._client.close()

    def _heard(self) -> Reply:
        reply = self._read()
        self._unread -= 1
        self.faults += reply.for_good
        if reply.code == CLOSING:
            self.drop()
            raise LostError(reply.said)
        return reply

    def _send(self, octets: bytes) -> None:
        try:
            self._client.send(octets)
        except smtplib.SMTPServerDisconnected as error:
            self.drop()
            raise LostError(why(error)) from error

    def _read(self) -> Reply:
        if self.lost:
            raise LostError("it has been lost before")
        try:
            code, words = self._client.getreply()
        except smtplib.SMTPException as error:  # a line without an end is one too
            self.drop()
            raise LostError(why(error)) from error
        reply = Reply.read(code, words)
        if not (reply.good or reply.for_now or reply.for_good or code == GO_ON):
            self.drop()
            raise LostError("it answers, but not as a mail server")
        return reply


def why(error: BaseException) -> str:
    """Return what broke a connection: the system's words, without smtplib's round them."""
    cause = error.__context__
    if isinstance(error, EndlessError):
        return "its answer has no end"
    if isinstance(cause, TimeoutError):
        return "it does not answer in time"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {cause.reason or cause}"
    if isinstance(cause, OSError):
        return cause.strerror or type(cause).__name__
    return "it closed the connection"

# SPDX-License-Identifier: MIT
"""Reads what a mail server answers, which has to come to an end: in length, in time."""

import io
import smtplib
import socket
import time
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_LINES: Final = 100
# Octets: RFC 5321, 4.5.3.1.5, has 512, and smtplib sixteen times as many.
_LINE: Final = 8192


class EndlessError(smtplib.SMTPServerDisconnected):
    """The answer is longer than any answer is."""


class Punctual(io.RawIOBase):
    """What comes in on a socket, until the time set by :meth:`wait` is over."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock = sock
        self._until = 0.0

    def wait(self, seconds: float) -> None:
        """Let all that is read from now on come within so many seconds."""
        self._until = time.monotonic() + seconds

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read what there is; raise :exc:`TimeoutError` when the time is over."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._sock.recv_into(buffer)


class Client(smtplib.SMTP):
    """smtplib's, but its time-out is for an answer as a whole, which has 100 lines at most."""

    _incoming: Punctual | None = None

    def getreply(self) -> tuple[int, bytes]:
        """Return the code, -1 where there is none, and the words of all lines.

        Raises :exc:`smtplib.SMTPServerDisconnected`, in whose context is what broke.
        """
        sock = cast("socket.socket", self.sock)
        timeout = cast("float", sock.gettimeout())
        if self.file is None or self._incoming is None:
            # Never what was there before STARTTLS, which smtplib forgets in the same way.
            self._incoming = Punctual(sock)
            self.file = io.BufferedReader(self._incoming)
        self._incoming.wait(timeout)
        try:
            reply = _lines(self.file)
            sock.settimeout(timeout)
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            self.close()
            if isinstance(error, smtplib.SMTPServerDisconnected):
                raise
            raise smtplib.SMTPServerDisconnected("lost") from error
        return reply


class TlsClient(Client, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte on."""


def _lines(file: io.BufferedReader) -> tuple[int, bytes]:
    words: list[bytes] = []
    for _ in range(_LINES):
        line = file.readline(_LINE + 1)
        if not line:
            raise smtplib.SMTPServerDisconnected("closed")
        if len(line) > _LINE:
            raise EndlessError
        words.append(line[4:].strip())
        if not line[:3].isdigit():
            return -1, b"\n".join(words)
        if line[3:4] != b"-":
            return int(line[:3]), b"\n".join(words)
    raise EndlessError

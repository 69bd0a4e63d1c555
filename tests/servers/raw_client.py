# SPDX-License-Identifier: MIT
"""A socket client that shows the received bytes and how the connection ends."""

import select
import socket
import ssl
from typing import Self
from urllib.parse import urlencode

from limits import LIMIT

from . import hooks
from .authority import Authority
from .groupserver import GroupServer


def post(path: str, *headers: str, **fields: str) -> bytes:
    """Return a POST of a form, in HTTP/1.1."""
    body = urlencode(fields)
    lines = [f"POST {path} HTTP/1.1", "Host: gs", f"Content-Length: {len(body)}"]
    lines += ["Content-Type: application/x-www-form-urlencoded", *headers, "", body]
    return "\r\n".join(lines).encode()


def send(member: str = "u1", *headers: str, token: str = "secret", prefix: str = "") -> bytes:
    """Return a call of the send hook."""
    form = {"profileId": member, "token": token, "send": "Send"}
    return post(prefix + hooks.SEND, *headers, **form)


def members(*headers: str, token: str = "secret", prefix: str = "") -> bytes:
    """Return a call of the members hook."""
    return post(prefix + hooks.MEMBERS, *headers, token=token, get="")


class RawClient:
    """A connection to *site*, with TLS if an *authority* is given."""

    def __init__(
        self, site: GroupServer, authority: Authority | None = None, protocol: str = "http/1.1"
    ) -> None:
        self.sock = socket.create_connection((site.host, site.port), LIMIT)
        if authority is not None:
            trust = ssl.create_default_context(cafile=authority.pem)
            trust.set_alpn_protocols([protocol])
            # A FIN without a TLS goodbye must be visible.
            self.sock = trust.wrap_socket(
                self.sock, server_hostname=site.host, suppress_ragged_eofs=False
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def ask(self, request: bytes) -> tuple[bytes, bytes]:
        """Send *request*, and return the head and body of an answer with a Content-Length."""
        self.sock.sendall(request)
        return self.answer()

    def answer(self) -> tuple[bytes, bytes]:
        """Return the head and body of an answer with a Content-Length."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        while len(body) < length:
            body += self._receive()
        return head, body

    def rest(self) -> tuple[bytes, str]:
        """Return all bytes until the end, and the kind of the end as in :meth:`some`."""
        data, end = b"", ""
        while not end:
            piece, end = self.some()
            data += piece
        return data, end

    def some(self) -> tuple[bytes, str]:
        """Return the next bytes, or the kind of the end: FIN (over TLS: goodbye, or FIN), RST."""
        try:
            if data := self.sock.recv(65_536):
                return data, ""
        except (ssl.SSLEOFError, ConnectionResetError):
            # OpenSSL reports both alike; after a FIN only, this side could still write.
            return b"", "RST" if self._is_hung_up() else "FIN"
        return b"", "goodbye" if isinstance(self.sock, ssl.SSLSocket) else "FIN"

    def _is_hung_up(self) -> bool:
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return any(event & select.POLLHUP for _, event in poll.poll(0))

    def _receive(self) -> bytes:
        data = self.sock.recv(65_536)
        if not data:
            raise EOFError("the answer ends early")
        return data

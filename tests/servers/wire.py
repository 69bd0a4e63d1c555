# SPDX-License-Identifier: MIT
"""The bytes of one connection: reads, writes, and every kind of end."""

import contextlib
import select
import socket
import ssl
import struct

_PIECE = 65_536


class ConnectionClosed(Exception):  # noqa: N818 - not an error: clients go
    """The client has closed its side."""


class NotHttpError(Exception):
    """The client uses another protocol, for example TLS."""


class Wire:
    """A blocking socket with a buffer before it; used by one thread, except :meth:`cut`."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._buffer = bytearray()
        self._is_cut = False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def encrypt(self, tls: ssl.SSLContext) -> str | None:
        """Do the TLS handshake; return the negotiated protocol (ALPN)."""
        self.sock = tls.wrap_socket(self.sock, server_side=True, do_handshake_on_connect=False)
        # A cut during the handshake found neither socket.
        if self._is_cut:
            raise ConnectionClosed
        self.sock.do_handshake()
        return self.sock.selected_alpn_protocol()

    def read_head(self) -> bytes:
        """Return the bytes before the next empty line, or raise :class:`NotHttpError`."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            self._buffer += self.receive()
            if not self._buffer[:1].isalpha():
                raise NotHttpError
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        return head

    def read(self, size: int) -> bytes:
        """Return the next *size* bytes."""
        while len(self._buffer) < size:
            self._buffer += self.receive()
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def receive(self) -> bytes:
        """Return the next bytes, at least one."""
        data = self.sock.recv(_PIECE)
        if not data:
            raise ConnectionClosed
        return data

    def await_bytes(self) -> None:
        """Wait until there is something to read, or the end."""
        select.select([self.sock], [], [])

    def send(self, data: bytes) -> None:
        """Write all of *data*."""
        self.sock.sendall(data)

    def finish(self, *, polite: bool) -> None:
        """Send a FIN, after a TLS goodbye if *polite*, then read until the client disconnects.

        A socket closed with unread bytes sends a RST, which would be another fault.
        """
        if polite and isinstance(self.sock, ssl.SSLSocket):
            self.sock.settimeout(0)
            with contextlib.suppress(ssl.SSLWantReadError):
                self.sock.unwrap()
        self.sock.settimeout(None)
        socket.socket.shutdown(self.sock, socket.SHUT_WR)
        while socket.socket.recv(self.sock, _PIECE):
            pass
        self.sock.close()

    def reset(self) -> None:
        """Send a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def cut(self) -> None:
        """End the connection for all threads that read or write."""
        self._is_cut = True
        with contextlib.suppress(OSError):
            # SSLSocket.shutdown would remove the cipher that the other thread uses.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

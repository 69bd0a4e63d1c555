# SPDX-License-Identifier: MIT
"""An HTTP/2 client that shows each frame and how the connection ends."""

import contextlib
from collections.abc import Iterator
from typing import Self
from urllib.parse import urlencode

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError

from . import hooks
from .authority import Authority
from .groupserver import GroupServer
from .raw_client import RawClient


class Http2Client:
    """An HTTP/2 connection to *site*; *received* has all received bytes."""

    def __init__(self, site: GroupServer, authority: Authority) -> None:
        self._bare = RawClient(site, authority, "h2")
        self.received = b""
        self._authority = site.netloc
        self._h2 = H2Connection(H2Configuration(header_encoding="utf-8"))
        self._h2.initiate_connection()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bare.sock.close()

    def send(self, member: str = "u1", *headers: tuple[str, str]) -> int:
        """Call the send hook, and return the number of the stream."""
        stream = self._h2.get_next_available_stream_id()
        form = urlencode({"profileId": member, "token": "secret", "send": "Send"}).encode()
        self._h2.send_headers(stream, [*self._head(form), *headers])
        self._h2.send_data(stream, form, end_stream=True)
        self._flush()
        return stream

    def cancel(self, stream: int) -> None:
        """Cancel a call."""
        self._h2.reset_stream(stream, 8)
        self._flush()

    def until(self, *last: str) -> list[str]:
        """Return the received events as text, until one has begun with each of *last*.

        The end of the connection is an event too: FIN, goodbye or RST.
        """
        seen: list[str] = []
        while not all(any(word.startswith(one) for word in seen) for one in last):
            data, end = self._bare.some()
            seen += [end] if end else self._words(data)
            if end and end not in last:
                raise EOFError(f"no {last} in {seen}")
        return seen

    def end(self) -> str:
        """Wait for the end of the connection; return its kind."""
        return self._bare.rest()[1]

    def _words(self, data: bytes) -> list[str]:
        self.received += data
        try:
            events = self._h2.receive_data(data)
        except ProtocolError:
            return ["garbage"]
        self._flush()
        return list(_as_text(events))

    def _head(self, form: bytes) -> list[tuple[str, str]]:
        return [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", self._authority),
            (":path", hooks.SEND),
            ("content-type", "application/x-www-form-urlencoded"),
            ("content-length", str(len(form))),
        ]

    def _flush(self) -> None:
        # The site may have stopped; the sent bytes can still be read.
        with contextlib.suppress(OSError):
            self._bare.sock.sendall(self._h2.data_to_send())


def _as_text(events: list[Event]) -> Iterator[str]:
    for event in events:
        match event:
            case ResponseReceived():
                yield dict(event.headers)[":status"]
            case DataReceived() if event.data:
                yield event.data.decode()
            case StreamEnded():
                yield f"end of {event.stream_id}"
            case StreamReset():
                yield f"reset of {event.stream_id}: {int(event.error_code)}"
            case ConnectionTerminated():
                yield f"go away after {event.last_stream_id}: {int(event.error_code)}"

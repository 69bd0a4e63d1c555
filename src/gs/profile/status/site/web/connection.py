# SPDX-License-Identifier: MIT
"""A connection whose requests must not be slow, or large, in their headers."""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: For how long the header of a request may take to arrive, in seconds, the first one of a
#: connection from its beginning.
SLOWEST: Final = 10.0
#: The largest header that is read on after what came with its beginning, in octets.
LARGEST: Final = 16_384

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n"


class Connection(HttpToolsProtocol):
    """Uvicorn's connection, which would wait for the end of a header for ever."""

    slowest = SLOWEST

    _octets = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as there
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        """Hear from the parser that the header has ended."""
        self._octets = 0
        self._stop_waiting()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Read on; end the connection where a header does not."""
        super().data_received(data)
        if self.transport.is_closing() or not self._in_header:
            return
        self._octets += len(data)
        if self._octets > LARGEST:
            self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self._timer is None:
            self._wait()

    @property
    def _in_header(self) -> bool:
        # Nothing is being answered. Uvicorn has ended its own wait for the next request, as it
        # does for a line break too, with which none begins.
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        self._timer = self.loop.call_later(self.slowest, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

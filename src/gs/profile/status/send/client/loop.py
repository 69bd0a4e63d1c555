# SPDX-License-Identifier: MIT
"""One thread, one loop: libcurl's transfers, waited for together with the operator's signals."""

import select
from typing import Final, NamedTuple, Protocol

import pycurl

# Seconds. While libcurl has no socket yet, it resolves a name; it asks to be looked at so often.
_WITHOUT_SOCKETS: Final = 0.1


class StopRequest(Protocol):
    """Whatever may call the loop away from its waiting."""

    def fileno(self) -> int:
        """Return a file descriptor that becomes readable when it does."""
        ...

    def check(self) -> None:
        """Raise, where the loop is to be left."""
        ...


class Completed(NamedTuple):
    """A transfer that ended: *error* is the number of libcurl, 0 for none."""

    handle: pycurl.Curl
    error: int
    text: str


class TransferLoop:
    """Runs transfers at once, as many as select(2) can wait for: about a thousand."""

    def __init__(self, alarm: StopRequest | None = None) -> None:
        self._alarm = alarm
        self._multi = pycurl.CurlMulti()
        self._running = 0

    def begin(self, handle: pycurl.Curl) -> None:
        """Begin the transfer that *handle* is set up for."""
        self._multi.add_handle(handle)

    def forget(self, handle: pycurl.Curl) -> None:
        """Take *handle* out of the loop, whether or not its transfer has ended."""
        self._multi.remove_handle(handle)

    def wait(self, timeout: float) -> list[Completed]:
        """Return the transfers that end within *timeout* seconds, as soon as any does.

        All that have ended by then are among them. Comes back early, perhaps with nothing, when
        the alarm goes off.
        """
        ends = self._ended()
        if not ends:
            self._sleep(timeout)
            ends = self._ended()
        more = ends
        while more and self._running:
            more = self._ended()
            ends = ends + more
        if self._alarm and not ends:  # what has ended is not to be forgotten
            self._alarm.check()
        return ends

    def close(self) -> None:
        """Close all connections."""
        self._multi.close()

    def _sleep(self, timeout: float) -> None:
        readable, writable, exceptional = self._multi.fdset()
        wanted = self._multi.timeout()  # in milliseconds, below 0 for whenever
        if wanted >= 0:
            timeout = min(timeout, wanted / 1000)
        if not readable and not writable:
            timeout = min(timeout, _WITHOUT_SOCKETS)
        if self._alarm:
            readable.append(self._alarm.fileno())
        select.select(readable, writable, exceptional, timeout)

    def _ended(self) -> list[Completed]:
        _, self._running = self._multi.perform()
        ends: list[Completed] = []
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            ends += [Completed(handle, 0, "") for handle in good]
            ends += [Completed(*failed) for failed in bad]
        return ends

# SPDX-License-Identifier: MIT
"""The event loop: it waits in one thread for transfers of libcurl and for signals."""

import select
from typing import Final, NamedTuple, Protocol

import pycurl

# Seconds between two calls of libcurl while it has no socket: it resolves a name.
_WITHOUT_SOCKETS: Final = 0.1


class StopRequest(Protocol):
    """A request of the operator to stop, which ends the waiting of the loop."""

    def fileno(self) -> int:
        """Return a file descriptor that becomes readable when the operator asks to stop."""
        ...

    def check(self) -> None:
        """Raise an error if the loop has to end now."""
        ...


class Completed(NamedTuple):
    """A transfer that ended: *error* is the error number of libcurl, 0 for none."""

    handle: pycurl.Curl
    error: int
    text: str


class TransferLoop:
    """Runs several transfers at once: up to about a thousand, the limit of select(2)."""

    def __init__(self, stop: StopRequest | None = None) -> None:
        self._stop = stop
        self._multi = pycurl.CurlMulti()
        self._running = 0

    def begin(self, handle: pycurl.Curl) -> None:
        """Begin the transfer of *handle*."""
        self._multi.add_handle(handle)

    def remove(self, handle: pycurl.Curl) -> None:
        """Remove *handle* from the loop, and end its transfer if it has not ended."""
        self._multi.remove_handle(handle)

    def wait(self, timeout: float) -> list[Completed]:
        """Return all transfers that have ended, after waiting for one for *timeout* s at most.

        Returns early, perhaps without any, when a signal arrives. Raises what
        :meth:`StopRequest.check` raises, if no transfer has ended.
        """
        completed = self._completed()
        if not completed:
            self._wait_for_sockets(timeout)
            completed = self._completed()
        more = completed
        while more and self._running:
            more = self._completed()
            completed = completed + more
        if self._stop and not completed:  # a result must not be lost
            self._stop.check()
        return completed

    def close(self) -> None:
        """Close all connections."""
        self._multi.close()

    def _wait_for_sockets(self, timeout: float) -> None:
        readable, writable, exceptional = self._multi.fdset()
        wanted = self._multi.timeout()  # in milliseconds, below 0 for no limit
        if wanted >= 0:
            timeout = min(timeout, wanted / 1000)
        if not readable and not writable:
            timeout = min(timeout, _WITHOUT_SOCKETS)
        if self._stop:
            readable.append(self._stop.fileno())
        select.select(readable, writable, exceptional, timeout)

    def _completed(self) -> list[Completed]:
        _, self._running = self._multi.perform()
        completed: list[Completed] = []
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            completed += [Completed(handle, 0, "") for handle in good]
            completed += [Completed(*failed) for failed in bad]
        return completed

# SPDX-License-Identifier: MIT
"""One thread, one loop: libcurl's transfers, waited for together with the operator's signals."""

import selectors
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import pycurl

_EVENTS: Final = {
    pycurl.POLL_IN: selectors.EVENT_READ,
    pycurl.POLL_OUT: selectors.EVENT_WRITE,
    pycurl.POLL_INOUT: selectors.EVENT_READ | selectors.EVENT_WRITE,
}


class Alarm(Protocol):
    """Whatever may call the loop away from its waiting."""

    def fileno(self) -> int:
        """Return a file descriptor that becomes readable when it does."""
        ...

    def check(self) -> None:
        """Raise, where the loop is to be left."""
        ...


@dataclass(frozen=True, slots=True)
class End:
    """How a transfer ended: *error* is a number of libcurl, 0 for none."""

    handle: pycurl.Curl
    error: int
    text: str


class Loop:
    """Runs any number of transfers at once; *clock* returns monotonic seconds."""

    def __init__(self, clock: Callable[[], float], alarm: Alarm | None = None) -> None:
        self._alarm = alarm
        self._clock = clock
        self._timer: float | None = None
        self._selector = selectors.DefaultSelector()
        if alarm:
            self._selector.register(alarm.fileno(), selectors.EVENT_READ, data=alarm)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    def begin(self, handle: pycurl.Curl) -> None:
        """Begin the transfer that *handle* is set up for."""
        self._multi.add_handle(handle)

    def forget(self, handle: pycurl.Curl) -> None:
        """Take *handle* out of the loop, whether or not its transfer has ended."""
        self._multi.remove_handle(handle)

    def wait(self, timeout: float) -> list[End]:
        """Return the transfers that end within *timeout* seconds, as soon as any does.

        Comes back early, perhaps with nothing, when the alarm goes off.
        """
        for key, mask in self._selector.select(self._within(timeout)):
            if key.data is None:
                self._multi.socket_action(key.fd, _curl_mask(mask))
        if self._timer is not None and self._timer <= self._clock():
            self._timer = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        if self._alarm:
            self._alarm.check()
        return self._ended()

    def close(self) -> None:
        """Close all connections."""
        self._multi.close()
        self._selector.close()

    def _within(self, timeout: float) -> float:
        if self._timer is None:
            return timeout
        return max(0.0, min(timeout, self._timer - self._clock()))

    def _ended(self) -> list[End]:
        ends: list[End] = []
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            ends += [End(handle, 0, "") for handle in good]
            ends += [End(handle, error, text) for handle, error, text in bad]
        return ends

    def _watch(self, event: int, fd: int, _multi: pycurl.CurlMulti, _data: Any) -> Literal[0]:  # noqa: ANN401 - libcurl's signature
        known = fd in self._selector.get_map()
        if event == pycurl.POLL_REMOVE:
            if known:
                self._selector.unregister(fd)
        elif known:
            self._selector.modify(fd, _EVENTS[event])
        else:
            self._selector.register(fd, _EVENTS[event])
        return 0

    def _set_timer(self, milliseconds: int) -> Literal[0]:
        self._timer = None if milliseconds < 0 else self._clock() + milliseconds / 1000
        return 0


def _curl_mask(mask: int) -> int:
    readable = pycurl.CSELECT_IN if mask & selectors.EVENT_READ else 0
    writable = pycurl.CSELECT_OUT if mask & selectors.EVENT_WRITE else 0
    return readable | writable

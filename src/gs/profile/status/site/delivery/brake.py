# SPDX-License-Identifier: MIT
"""Stops believing a mail server that refuses everybody."""

from threading import Lock
from typing import Final

from .ports import AllRefusedError, NotTakenError

#: So many addresses are marked, at most, by a mail server that is set up wrongly.
BELIEVED: Final = 10


class Brake:
    """Counts the addresses that were refused since the last letter was taken; for all threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._refused = 0

    def taken(self) -> None:
        """Believe it again, for it took a letter."""
        with self._lock:
            self._refused = 0

    def refused(self, error: AllRefusedError) -> None:
        """Count a letter that was refused; raise :class:`NotTakenError` where it is too many.

        A letter to more than that is believed where it is the first: it would wait for ever.
        """
        with self._lock:
            count = self._refused + len(error.refused)
            believed = count <= BELIEVED or self._refused == 0
            if believed:
                self._refused = count
        if not believed:
            raise NotTakenError(
                f"The mail server refuses everybody: {error.refused[-1].reply}. No address is "
                "marked until it has taken a letter."
            ) from error

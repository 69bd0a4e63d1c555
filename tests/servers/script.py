# SPDX-License-Identifier: MIT
"""The scripted behaviours of the calls of one hook."""

from collections import deque
from collections.abc import Iterable
from threading import Lock

from .moves import Behaviour


class Script:
    """One behaviour for all calls, or a list for the next calls, then the usual one (None)."""

    def __init__(self, told: Behaviour | Iterable[Behaviour | None] | None = None) -> None:
        self._lock = Lock()
        self._lines = deque(told) if isinstance(told, Iterable) else None
        self._always = told if self._lines is None else None

    def next(self) -> Behaviour | None:
        """Return the behaviour of the next call."""
        if self._lines is None:
            return self._always
        with self._lock:
            return self._lines.popleft() if self._lines else None

# SPDX-License-Identifier: MIT
"""What the calls of one hook are answered with, one after the other."""

from collections import deque
from collections.abc import Iterable
from threading import Lock

from .moves import Behaviour


class Script:
    """One behaviour for every call, or a list of them for the next calls; then as usual (None)."""

    def __init__(self, told: Behaviour | Iterable[Behaviour | None] | None = None) -> None:
        self._lock = Lock()
        self._lines = deque(told) if isinstance(told, Iterable) else None
        self._always = told if self._lines is None else None

    def next(self) -> Behaviour | None:
        """Return what the next call gets."""
        if self._lines is None:
            return self._always
        with self._lock:
            return self._lines.popleft() if self._lines else None

# SPDX-License-Identifier: MIT
"""Remembers letters that were certainly not handed over, though the database may say otherwise."""

from collections.abc import Iterable
from typing import Final

from gs.profile.status.site.store.calls import Known

#: So many are remembered, at most; of those before them the calls are in doubt.
MOST: Final = 10_000


class KeptBack:
    """The calls that may be written down as begun: their commit failed, and no letter has left.

    A commit that gets no answer may be durable all the same. One thread alone may ask.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._workers: dict[str, str] = {}

    def add(self, keys: Iterable[str], worker: str) -> None:
        """Remember that *worker* tried to begin these, and hands no letter over for it."""
        for key in keys:
            self._workers.pop(key, None)
            self._workers[key] = worker
        while len(self._workers) > self._most:
            del self._workers[next(iter(self._workers))]

    def forget(self, key: str) -> None:
        """Forget a call whose letter may leave from now on."""
        self._workers.pop(key, None)

    def has(self, key: str, known: Known) -> bool:
        """Return whether what is *known* of the call was written by such a commit."""
        return self._workers.get(key) == known.worker

# SPDX-License-Identifier: MIT
"""Strikes at a site at random moments, while it is being called."""

import time
from collections.abc import Callable, Sequence
from random import Random
from threading import Event, Thread
from typing import Self

from .target import Target

_LOOK = 0.005


class Saboteur:
    """Deals the *blows* in a random order, spread over the calls of a whole run."""

    def __init__(self, site: Target, blows: Sequence[Callable[[], None]], chance: Random) -> None:
        self._site, self._chance = site, chance
        self._blows = chance.sample(blows, len(blows))
        self._told_to_end = Event()
        self._thread = Thread(target=self._strike_all, daemon=True)
        self.dealt = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._told_to_end.set()
        self._thread.join()

    def _strike_all(self) -> None:
        everybody = len(self._site.to_mail | self._site.to_skip)
        # Not all are called where the sender is killed, too: no blow may come too late.
        moments = sorted(self._chance.randrange(everybody * 3 // 4) for _ in self._blows)
        for moment, blow in zip(moments, self._blows, strict=True):
            while self._site.progress() < moment:
                if self._told_to_end.wait(_LOOK):
                    return
            time.sleep(self._chance.uniform(0, 0.02))
            blow()
            self.dealt += 1

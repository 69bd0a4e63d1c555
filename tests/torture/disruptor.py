# SPDX-License-Identifier: MIT
"""Disrupts a site at random moments during a run."""

import time
from collections.abc import Callable, Sequence
from random import Random
from threading import Event, Thread
from typing import Self

from .target import Target

_LOOK = 0.005


class Disruptor:
    """Runs the *disruptions* in a random order, spread over the calls of a whole run."""

    def __init__(
        self, site: Target, disruptions: Sequence[Callable[[], None]], chance: Random
    ) -> None:
        self._site, self._chance = site, chance
        self._disruptions = chance.sample(disruptions, len(disruptions))
        self._stopping = Event()
        self._thread = Thread(target=self._run_all, daemon=True)
        self.done = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run_all(self) -> None:
        everybody = len(self._site.to_mail | self._site.to_skip)
        # If the sender is killed too, not all members are called: no disruption may come too late.
        moments = sorted(self._chance.randrange(everybody * 3 // 4) for _ in self._disruptions)
        for moment, disruption in zip(moments, self._disruptions, strict=True):
            while self._site.progress() < moment:
                if self._stopping.wait(_LOOK):
                    return
            time.sleep(self._chance.uniform(0, 0.02))
            disruption()
            self.done += 1

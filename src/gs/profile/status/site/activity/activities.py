# SPDX-License-Identifier: MIT
"""Keeps what happened in each group in a month, so that it is worked out once for its members."""

import threading
from collections.abc import Callable
from typing import TypeAlias

from sqlalchemy import Connection

from gs.profile.status.hooks import Period
from gs.profile.status.site.model import Activity, Group
from gs.profile.status.site.store.groups import GroupKey
from gs.profile.status.site.urls import Layout

from .activity import work_out

_Found: TypeAlias = tuple[Group, Activity] | None


class Activities:
    """What happened in each group, kept for as many seconds as *lifetime* says.

    Hiding a post is seen after that time. What can be read on the web is where the *layout* has
    it. Threads may share it.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        layout: Layout,
        lifetime: float = 600.0,
    ) -> None:
        self._layout = layout
        self._monotonic = monotonic
        self._lifetime = lifetime
        self._kept: dict[tuple[GroupKey, Period], tuple[float, _Found]] = {}
        self._lock = threading.Lock()

    def of(self, connection: Connection, key: GroupKey, period: Period) -> _Found:
        """Return a group, as all of its members see it, with its activity in *period*.

        ``None`` where there is no such group. What is not known yet is read over *connection*.
        """
        kept = self._kept.get((key, period))
        if kept is None or self._monotonic() - kept[0] > self._lifetime:
            # One at a time: when a run begins, all of its first requests want the same groups.
            with self._lock:
                kept = self._kept.get((key, period))
                if kept is None or self._monotonic() - kept[0] > self._lifetime:
                    kept = self._monotonic(), work_out(connection, key, period, self._layout)
                    self._keep((key, period), kept)
        return kept[1]

    def _keep(self, key: tuple[GroupKey, Period], found: tuple[float, _Found]) -> None:
        # Others read the dictionary meanwhile: it is replaced rather than changed.
        moment = found[0]
        kept = {
            other: value
            for other, value in self._kept.items()
            if moment - value[0] <= self._lifetime
        }
        self._kept = kept | {key: found}

# SPDX-License-Identifier: MIT
"""Works out what happened in a group in a month, once for all of its members."""

import threading
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine

from gs.profile.status.hooks import Period
from gs.profile.status.site.store.groups import (
    GroupKey,
    count_group_members,
    find_faces,
    find_group,
    find_names,
)
from gs.profile.status.site.store.posts import (
    Discussion,
    Span,
    find_authors,
    find_discussions,
    find_older_texts,
    find_texts,
)
from gs.profile.status.site.summary import Activity, Group, Topic
from gs.profile.status.site.urls import group_url, topic_url

from .keywords import find_keywords

# Enough older posts to know a group's usual words, few enough to read in no time.
_OLDER: Final = 400
_FACES: Final = 12
_NAMES: Final = 5_000


class Activities:
    """What happened in each group, kept for as many seconds as *lifetime* says.

    Hiding a post is seen after that time. Threads may share it.
    """

    def __init__(
        self, engine: Engine, monotonic: Callable[[], float], lifetime: float = 600.0
    ) -> None:
        self._engine = engine
        self._monotonic = monotonic
        self._lifetime = lifetime
        self._kept: dict[tuple[GroupKey, Period], tuple[float, Group, Activity]] = {}
        self._lock = threading.Lock()

    def of(self, key: GroupKey, period: Period) -> tuple[Group, Activity]:
        """Return a group, as all of its members see it, with its activity in *period*."""
        kept = self._kept.get((key, period))
        if kept is None or self._monotonic() - kept[0] > self._lifetime:
            # One at a time: when a run begins, all of its first requests want the same groups.
            with self._lock:
                kept = self._kept.get((key, period))
                if kept is None or self._monotonic() - kept[0] > self._lifetime:
                    kept = self._work_out(key, period)
        return kept[1:]

    def _work_out(self, key: GroupKey, period: Period) -> tuple[float, Group, Activity]:
        moment = self._monotonic()
        self._kept = {
            kept: value
            for kept, value in self._kept.items()
            if moment - value[0] <= self._lifetime
        }
        with self._engine.connect() as connection:
            group, site_url = _group(connection, key)
            value = (moment, group, _activity(connection, key, period, site_url))
        self._kept[key, period] = value
        return value


def _group(connection: Connection, key: GroupKey) -> tuple[Group, str]:
    data = find_group(connection, key)
    group = Group(
        id=key.group_id,
        title=data.title,
        url=group_url(data.site_url, key.group_id),
        email=data.email,
        secret=data.privacy == "secret",
        member_count=count_group_members(connection, key),
        faces=find_faces(connection, key, _FACES),
    )
    return group, data.site_url


def _activity(connection: Connection, key: GroupKey, period: Period, site_url: str) -> Activity:
    span = Span.of(period)
    discussions = sorted(find_discussions(connection, key, span), key=_rank)
    if not discussions:
        return Activity(0, (), (), ())
    authors = find_authors(connection, key, span)
    older = find_older_texts(connection, key, span.since, _OLDER)
    names = find_names(connection, key, _NAMES)
    return Activity(
        post_count=sum(discussion.posts for discussion in discussions),
        authors=authors,
        topics=tuple(
            Topic(one.subject, topic_url(site_url, one.post_id), one.posts) for one in discussions
        ),
        keywords=find_keywords(find_texts(connection, key, span), older, names),
    )


def _rank(one: Discussion) -> tuple[int, int, float, str]:
    return (-one.posts, -one.people, -one.latest.timestamp(), one.topic_id)

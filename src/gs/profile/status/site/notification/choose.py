# SPDX-License-Identifier: MIT
"""Chooses what a notification says of a group: how much of it, and from which threshold on."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

from gs.profile.status.hooks import Period
from gs.profile.status.site import links
from gs.profile.status.site.addresses import mailbox
from gs.profile.status.site.model import (
    Activity,
    Author,
    Delivery,
    Group,
    Keyword,
    Membership,
    Topic,
)
from gs.profile.status.site.text import line

from .contents import Advice, GroupSection, Same, Section, TopicLine, View
from .faces import NAME, Face, face

FACES: Final = 6
TITLES: Final = 127
KEYWORDS: Final = 127
LONGEST_KEYWORD: Final = 31
#: An administrator hears that the privacy is too strict where there are more members than these.
SECRET_MEMBERS: Final = 12
#: From so many posts in the month on, a digest is easier to read.
BUSY: Final = 31
#: Up to so many posts in the month, a digest is not worth the wait.
QUIET: Final = 4

_T = TypeVar("_T")

_NO_TITLE: Final = 16
_COMMA: Final = 2


def section_for(membership: Membership, reader: str, period: Period) -> Section:
    """Return what makes the section of one of the *reader*'s groups, without making it."""
    group, activity = membership.group, membership.activity
    own = activity.own.get(reader)
    shown = islice(_people(group, activity), FACES)
    view = View(
        group=Same(group),
        activity=Same(activity),
        period=period,
        administrator=membership.administrator,
        posted=own is not None,
        hidden=reader if any(person.id == reader for person in shown) else None,
        advice=_advice(membership.delivery, activity.figures.posts),
    )
    alone = own is not None and activity.figures.authors == 1
    return Section(view, None if alone else own)


def choose_group(view: View) -> GroupSection:
    """Return what is said of a group to all who have the same *view* of it."""
    group, activity = view.group.thing, view.activity.thing
    figures = activity.figures
    faces = _others(_people(group, activity), view.hidden)
    pages = links.GroupPages(links.web(group.url), links.web(group.settings_url))
    return GroupSection(
        title=group_title(group),
        pages=pages,
        email=mailbox("", group.email),
        administrator=view.administrator,
        too_secret=view.administrator and pages.privacy is not None and _is_too_secret(group),
        only_reader=view.posted and figures.authors == 1,
        figures=figures,
        before=activity.before if activity.before.posts else None,
        faces=faces,
        unnamed_authors=max(0, figures.authors - len(faces) - view.posted),
        top_topics=_top_topics(activity.topics),
        keywords=_keywords(activity),
        advice=view.advice if pages.delivery else None,
    )


def group_title(group: Group) -> str:
    """Return the title of a group, or else its ID, safe to show."""
    return line(group.title, NAME) or line(group.id, NAME)


def topic_line(topic: Topic) -> TopicLine:
    """Return a topic, safe to show."""
    return TopicLine(line(topic.title, TITLES), links.web(topic.url), topic.posts, topic.people)


def _people(group: Group, activity: Activity) -> Sequence[Author]:
    return activity.authors if activity.figures.posts else group.faces


def _is_too_secret(group: Group) -> bool:
    return group.secret and group.member_count > SECRET_MEMBERS


def _others(people: Iterable[Author], hidden: str | None) -> tuple[Face, ...]:
    others = (person for person in people if person.id != hidden)
    return tuple(map(face, islice(others, FACES)))


def _top_topics(topics: Iterable[Topic]) -> tuple[TopicLine, ...]:
    shown = map(topic_line, topics)
    # A topic without a title takes room too, or there would be no end of them.
    return tuple(_within(TITLES, ((len(topic.title) or _NO_TITLE, topic) for topic in shown)))


def _keywords(activity: Activity) -> tuple[Keyword, ...]:
    words = (Keyword(line(key.word, KEYWORDS), key.grade) for key in activity.keywords)
    fit = ((len(key.word) + _COMMA, key) for key in words if _is_fit(key.word))
    return tuple(_within(KEYWORDS + _COMMA, fit))


def _is_fit(word: str) -> bool:
    return 0 < len(word) <= LONGEST_KEYWORD and "@" not in word and "www" not in word


def _within(budget: int, sized: Iterable[tuple[int, _T]]) -> Iterator[_T]:
    for size, thing in sized:
        budget -= size
        if budget < 0:
            return
        yield thing


def _advice(delivery: Delivery, posts: int) -> Advice | None:
    if delivery is Delivery.EACH_POST and posts >= BUSY:
        return Advice.DIGEST
    if delivery is Delivery.DIGEST and posts <= QUIET:
        return Advice.EACH_POST
    return None

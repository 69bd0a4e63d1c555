# SPDX-License-Identifier: MIT
"""Chooses what of a summary a notification says: how much of it, and from which threshold on."""

import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar
from urllib.parse import urlsplit

from . import links
from .addresses import mailbox
from .contents import (
    Advice,
    Contents,
    Face,
    GroupSection,
    ProfileSection,
    SiteSection,
    TopicLine,
)
from .harmless import line, lines, runs_right_to_left
from .summary import (
    Activity,
    Author,
    Delivery,
    Group,
    Keyword,
    Membership,
    Profile,
    SiteSummary,
    Summary,
    Topic,
)

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

_NAME: Final = 100
_ADDRESS: Final = 254
_NO_TITLE: Final = 16
_COMMA: Final = 2
_BIOGRAPHY: Final = 600
#: Dark enough for white letters: the contrast is 5.9 or more.
_COLOURS: Final = (
    *("#8a3b12", "#6b4a00", "#2f5d1e", "#0b5f56"),
    *("#0c5a86", "#3d4db7", "#6d3fa9", "#97306e"),
)


def choose(summary: Summary) -> Contents:
    """Return what the notification to the member of *summary* says, all of it safe to show."""
    reader = summary.profile
    return Contents(
        sites=tuple(_site(site, reader.id) for site in summary.sites),
        profile=_profile(reader),
        never_logged_in=not reader.logged_in,
        support_email=mailbox("", summary.sites[0].site.support_email),
    )


def _site(part: SiteSummary, reader: str) -> SiteSection:
    site = part.site
    url = links.web(site.url)
    return SiteSection(
        title=line(site.title, _NAME) or urlsplit(url or "").netloc,
        pages=links.SitePages(url),
        administrator=part.administrator,
        news="\n".join(site.news.splitlines()) if site.news else None,
        groups=tuple(_group(membership, reader) for membership in part.memberships),
    )


def _group(membership: Membership, reader: str) -> GroupSection:
    group, activity = membership.group, membership.activity
    only_reader = [author.id for author in activity.authors[:2]] == [reader]
    return GroupSection(
        title=line(group.title, _NAME) or line(group.id, _NAME),
        pages=links.GroupPages(links.web(group.url)),
        email=mailbox("", group.email),
        administrator=membership.administrator,
        too_secret=membership.administrator and _is_too_secret(group),
        only_reader=only_reader,
        authors=len(activity.authors),
        topics=len(activity.topics),
        posts=activity.post_count,
        faces=_others(activity.authors if activity.post_count else group.faces, reader),
        top_topics=_top_topics(activity),
        keywords=_keywords(activity),
        advice=_advice(membership.delivery, activity.post_count),
    )


def _is_too_secret(group: Group) -> bool:
    return group.secret and group.member_count > SECRET_MEMBERS


def _others(people: Iterable[Author], reader: str) -> tuple[Face, ...]:
    others = (person for person in people if person.id != reader)
    return tuple(_face(person) for person in islice(others, FACES))


def _face(person: Author | Profile) -> Face:
    name = line(person.name, _NAME)
    number = zlib.crc32(person.id.encode("utf-8", "surrogatepass"))
    colour = _COLOURS[number % len(_COLOURS)]
    return Face(name, _initials(name), colour, links.web(person.photo))


def _initials(name: str) -> str:
    first = [word[0] for word in name.split() if word[0].isalnum()]
    # Letters that run right to left join, and two of them would make a word.
    last = [] if runs_right_to_left(name) else first[1:][-1:]
    return "".join(first[:1] + last).upper()[:2] or "·"


def _top_topics(activity: Activity) -> tuple[TopicLine, ...]:
    topics = (_topic(topic) for topic in activity.topics)
    # A topic without a title takes room too, or there would be no end of them.
    return tuple(_within(TITLES, ((len(topic.title) or _NO_TITLE, topic) for topic in topics)))


def _topic(topic: Topic) -> TopicLine:
    return TopicLine(line(topic.title, TITLES), links.web(topic.url), topic.posts)


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


def _profile(profile: Profile) -> ProfileSection:
    addresses = profile.addresses
    return ProfileSection(
        face=_face(profile),
        pages=links.ProfilePages(links.web(profile.url)),
        biography=lines(profile.biography, _BIOGRAPHY),
        preferred=_shown(addresses.preferred),
        other=_shown(addresses.other),
        unverified=_shown(addresses.unverified),
    )


def _shown(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line(address, _ADDRESS) for address in addresses)

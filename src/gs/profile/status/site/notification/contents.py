# SPDX-License-Identifier: MIT
"""What a notification says of each site, group and topic: chosen, counted and safe to show."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from gs.profile.status.hooks import Period
from gs.profile.status.site import links
from gs.profile.status.site.addresses import mailbox, recipients
from gs.profile.status.site.model import (
    Activity,
    Addresses,
    Author,
    Contribution,
    EmailSetting,
    Figures,
    Group,
    Keyword,
    Membership,
    Profile,
    Quotation,
    SiteSummary,
    Summary,
    Topic,
)
from gs.profile.status.site.text import runs_right_to_left, safe_line, safe_lines

from .news import clean

#: The longest name of a person, a group or a site, in characters.
NAME: Final = 100
#: Dark enough for white letters: the contrast is 5.9 or more.
_COLOURS: Final = (
    *("#8a3b12", "#6b4a00", "#2f5d1e", "#0b5f56"),
    *("#0c5a86", "#3d4db7", "#6d3fa9", "#97306e"),
)
_PEOPLE: Final = 6
_TITLES: Final = 127
_KEYWORDS: Final = 127
_LONGEST_KEYWORD: Final = 31
#: In a larger group the notification tells an administrator that the privacy is too strict.
_SECRET_MEMBERS: Final = 12
#: With this many posts in the month or more, a digest is easier to read.
_BUSY: Final = 31
#: With this many posts in the month or fewer, one e-mail per post is easier to read.
_QUIET: Final = 4
_ADDRESS: Final = 254
_BIOGRAPHY: Final = 600
_QUOTATION: Final = 280
#: The limit for the news of all sites of a reader together, in octets of HTML.
_NEWS: Final = 8_000
#: A topic without a title counts as this many characters, or their number would have no limit.
_NO_TITLE: Final = 16
_COMMA: Final = 2
_T = TypeVar("_T")


class Advice(StrEnum):
    """The e-mail setting of a group that the notification recommends."""

    DIGEST = "digest"
    EACH_POST = "each post"


@dataclass(frozen=True, slots=True)
class Avatar:
    """A person: the photo, or else the initials on a colour that depends on the ID alone."""

    name: str
    initials: str
    colour: str
    photo: str | None


class GroupView(NamedTuple):
    """The cache key of a rendered group: the group, its month, and how the reader sees it.

    *group* and *activity* are compared by identity, so the key costs the same however large they
    are. *hidden* is the ID of the reader if the reader is among the people shown.
    """

    group: Group
    activity: Activity
    period: Period
    administrator: bool
    posted: bool
    hidden: str | None
    advice: Advice | None


class GroupSection(NamedTuple):
    """A group in one notification: the part that is the same for many readers, and the reader's.

    *contribution* is ``None`` if the reader did not post, or if nobody else did.
    """

    view: GroupView
    contribution: Contribution | None


@dataclass(frozen=True, slots=True)
class GroupContents:
    """What a notification says of a group.

    *people* are authors, or members if nobody posted. *further_topics* counts the topics that are
    not among the *top_topics*.
    """

    title: str
    pages: links.GroupPages
    email: str | None
    administrator: bool
    too_secret: bool
    only_reader: bool
    figures: Figures
    before: Figures | None
    people: tuple[Avatar, ...]
    unnamed_authors: int
    top_topics: tuple[Topic, ...]
    further_topics: int
    keywords: tuple[Keyword, ...]
    advice: Advice | None


@dataclass(frozen=True, slots=True)
class SiteContents:
    """A site of the reader, with the reader's groups on it. *news* is safe HTML."""

    title: str
    pages: links.SitePages
    administrator: bool
    news: str | None
    groups: tuple[GroupSection, ...]


@dataclass(frozen=True, slots=True)
class ProfileContents:
    """The profile of the reader; *biography* has its lines."""

    avatar: Avatar
    pages: links.ProfilePages
    biography: tuple[str, ...]
    addresses: Addresses


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a notification says. *quoted_group* is the title of the group of the quotation."""

    sites: tuple[SiteContents, ...]
    profile: ProfileContents
    quotation: Quotation | None
    quoted_group: str
    never_logged_in: bool
    recipients: tuple[str, ...]
    stop_url: str | None
    support_email: str | None


def choose(summary: Summary, stop_url: str) -> Contents:
    """Return what the notification to the member of *summary* says, all of it safe to show.

    Raises :exc:`.addresses.NoAddressError` if no preferred address can receive mail.
    """
    reader = summary.profile
    news_limit = _NEWS // max(1, sum(bool(part.site.news) for part in summary.sites))
    quotation, quoted_group = _choose_quotation(summary)
    return Contents(
        sites=tuple(_site(one, reader.id, summary.period, news_limit) for one in summary.sites),
        profile=_profile(reader),
        quotation=quotation,
        quoted_group=quoted_group,
        never_logged_in=not reader.logged_in and summary.sites[0].home is not None,
        recipients=recipients(reader.addresses.preferred),
        stop_url=links.web(stop_url),
        support_email=mailbox("", summary.sites[0].site.support_email),
    )


def choose_group(view: GroupView) -> GroupContents:
    """Return what the notification says of a group to all readers who have the same *view*."""
    group, activity = view.group, view.activity
    figures = activity.figures
    shown = (person for person in _people(group, activity) if person.id != view.hidden)
    people = tuple(map(avatar_of, islice(shown, _PEOPLE)))
    safe = map(_safe_topic, activity.topics)
    sized = ((len(topic.title) or _NO_TITLE, topic) for topic in safe)
    top_topics = tuple(_within(_TITLES, sized))
    pages = links.group_pages(group.url, group.settings_url)
    is_too_secret = group.secret and group.member_count > _SECRET_MEMBERS
    return GroupContents(
        title=_group_title(group),
        pages=pages,
        email=mailbox("", group.email),
        administrator=view.administrator,
        too_secret=view.administrator and pages.privacy is not None and is_too_secret,
        only_reader=view.posted and figures.authors == 1,
        figures=figures,
        before=activity.before if activity.before.posts else None,
        people=people,
        unnamed_authors=max(0, figures.authors - len(people) - view.posted),
        top_topics=top_topics,
        further_topics=figures.topics - len(top_topics),
        keywords=_keywords(activity.keywords),
        advice=view.advice if pages.delivery else None,
    )


def _site(part: SiteSummary, reader: str, period: Period, news_limit: int) -> SiteContents:
    site = part.site
    return SiteContents(
        title=safe_line(site.title, NAME) or urlsplit(links.web(site.url) or "").netloc,
        pages=links.site_pages(part.home),
        administrator=part.administrator,
        news=clean(site.news, news_limit) if site.news else None,
        groups=tuple(_group(one, reader, period) for one in part.memberships),
    )


def _group(membership: Membership, reader: str, period: Period) -> GroupSection:
    group, activity = membership.group, membership.activity
    contribution = activity.contributions.get(reader)
    shown = islice(_people(group, activity), _PEOPLE)
    view = GroupView(
        group=group,
        activity=activity,
        period=period,
        administrator=membership.administrator,
        posted=contribution is not None,
        hidden=reader if any(person.id == reader for person in shown) else None,
        advice=_advice(membership.email_setting, activity.figures.posts),
    )
    is_alone = contribution is not None and activity.figures.authors == 1
    return GroupSection(view, None if is_alone else contribution)


def _people(group: Group, activity: Activity) -> Sequence[Author]:
    return activity.authors if activity.figures.posts else group.members


def _advice(setting: EmailSetting, posts: int) -> Advice | None:
    if setting is EmailSetting.EACH_POST and posts >= _BUSY:
        return Advice.DIGEST
    if setting is EmailSetting.DIGEST and posts <= _QUIET:
        return Advice.EACH_POST
    return None


def _group_title(group: Group) -> str:
    return safe_line(group.title, NAME) or safe_line(group.id, NAME)


def _safe_topic(topic: Topic) -> Topic:
    return replace(topic, title=safe_line(topic.title, _TITLES), url=links.web(topic.url))


def _keywords(keywords: Iterable[Keyword]) -> tuple[Keyword, ...]:
    safe = (Keyword(safe_line(key.word, _KEYWORDS), key.grade) for key in keywords)
    fit = ((len(key.word) + _COMMA, key) for key in safe if _is_fit(key.word))
    return tuple(_within(_KEYWORDS + _COMMA, fit))


def _is_fit(word: str) -> bool:
    return 0 < len(word) <= _LONGEST_KEYWORD and "@" not in word and "www" not in word


def _within(limit: int, sized: Iterable[tuple[int, _T]]) -> Iterator[_T]:
    for size, thing in sized:
        limit -= size
        if limit < 0:
            return
        yield thing


def _choose_quotation(summary: Summary) -> tuple[Quotation | None, str]:
    memberships = (one for site in summary.sites for one in site.memberships)
    best = max(_quotable(memberships, summary.profile.id), key=_interest, default=None)
    if best is None:
        return None, ""
    quotation, group = best
    author = quotation.author
    safe = Quotation(
        words=safe_line(quotation.words, _QUOTATION),
        author=replace(author, name=safe_line(author.name, NAME)) if author else None,
        topic=_safe_topic(quotation.topic),
    )
    return safe, _group_title(group)


def _quotable(memberships: Iterable[Membership], reader: str) -> Iterator[tuple[Quotation, Group]]:
    for membership in memberships:
        quotation = membership.activity.quotation
        if quotation is None or not safe_line(quotation.words, _QUOTATION):
            continue
        # The notification does not quote readers to themselves.
        if quotation.author is None or quotation.author.id != reader:
            yield quotation, membership.group


def _interest(quoted: tuple[Quotation, Group]) -> tuple[int, int, datetime, str]:
    # A topic with many people interests more readers than one with many posts. The latest post
    # and the URL make the choice the same each time the notification is composed.
    topic = quoted[0].topic
    return topic.people, topic.posts, topic.latest, topic.url or ""


def _profile(profile: Profile) -> ProfileContents:
    addresses = profile.addresses
    return ProfileContents(
        avatar=avatar_of(profile),
        pages=links.profile_pages(profile.url),
        biography=safe_lines(profile.biography, _BIOGRAPHY),
        addresses=Addresses(
            preferred=_safe(addresses.preferred),
            other=_safe(addresses.other),
            unverified=_safe(addresses.unverified),
            undeliverable=_safe(addresses.undeliverable),
        ),
    )


def _safe(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(safe_line(address, _ADDRESS) for address in addresses)


def avatar_of(person: Author | Profile) -> Avatar:
    """Return what a notification shows of a person, all of it safe to show."""
    name = safe_line(person.name, NAME)
    number = zlib.crc32(person.id.encode("utf-8", "surrogatepass"))
    colour = _COLOURS[number % len(_COLOURS)]
    return Avatar(name, _initials(name), colour, links.web(person.photo))


def _initials(name: str) -> str:
    first = [word[0] for word in name.split() if word[0].isalnum()]
    # Letters that run right to left join, and two of them would make a word.
    last = [] if runs_right_to_left(name) else first[1:][-1:]
    return "".join(first[:1] + last).upper()[:2] or "·"

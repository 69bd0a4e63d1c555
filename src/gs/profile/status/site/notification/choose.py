# SPDX-License-Identifier: MIT
"""Chooses what a notification says of each site, group and topic."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final, TypeVar
from urllib.parse import urlsplit

from gs.profile.status.hooks import Period
from gs.profile.status.site import links
from gs.profile.status.site.addresses import mailbox, recipients
from gs.profile.status.site.model import (
    Activity,
    Author,
    Delivery,
    Group,
    Keyword,
    Membership,
    Profile,
    Quotation,
    SiteSummary,
    Summary,
    Topic,
)
from gs.profile.status.site.text import safe_line, safe_lines

from .contents import (
    NAME,
    Advice,
    Contents,
    Face,
    GroupSection,
    GroupViewKey,
    IdentityKey,
    ProfileSection,
    QuotationSection,
    Section,
    SiteSection,
    TopicLine,
    face,
)
from .news import clean

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
    view = GroupViewKey(
        group=IdentityKey(group),
        activity=IdentityKey(activity),
        period=period,
        administrator=membership.administrator,
        posted=own is not None,
        hidden=reader if any(person.id == reader for person in shown) else None,
        advice=_advice(membership.delivery, activity.figures.posts),
    )
    alone = own is not None and activity.figures.authors == 1
    return Section(view, None if alone else own)


def choose_group(view: GroupViewKey) -> GroupSection:
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
    return safe_line(group.title, NAME) or safe_line(group.id, NAME)


def topic_line(topic: Topic) -> TopicLine:
    """Return a topic, safe to show."""
    return TopicLine(
        safe_line(topic.title, TITLES), links.web(topic.url), topic.posts, topic.people
    )


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
    words = (Keyword(safe_line(key.word, KEYWORDS), key.grade) for key in activity.keywords)
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


_ADDRESS: Final = 254
_BIOGRAPHY: Final = 600
_QUOTATION: Final = 280
# For the news of all sites of a reader together, in octets of HTML.
_NEWS: Final = 8_000


def choose(summary: Summary, stop_url: str) -> Contents:
    """Return what the notification to the member of *summary* says, all of it safe to show.

    Raises :exc:`.addresses.NoAddressError` where mail can go to no preferred address.
    """
    reader = summary.profile
    room = _NEWS // max(1, sum(bool(part.site.news) for part in summary.sites))
    return Contents(
        sites=tuple(_site(site, reader.id, summary.period, room) for site in summary.sites),
        profile=_profile(reader),
        quotation=_quotation(summary),
        never_logged_in=not reader.logged_in and summary.sites[0].home is not None,
        recipients=recipients(reader.addresses.preferred),
        stop_url=links.web(stop_url),
        support_email=mailbox("", summary.sites[0].site.support_email),
    )


def _site(part: SiteSummary, reader: str, period: Period, room: int) -> SiteSection:
    site = part.site
    return SiteSection(
        title=safe_line(site.title, NAME) or urlsplit(links.web(site.url) or "").netloc,
        pages=links.SitePages(links.web(part.home)),
        administrator=part.administrator,
        news=clean(site.news, room) if site.news else None,
        groups=tuple(section_for(each, reader, period) for each in part.memberships),
    )


def _quotation(summary: Summary) -> QuotationSection | None:
    memberships = (one for site in summary.sites for one in site.memberships)
    best = max(_quotable(memberships, summary.profile.id), key=_interest, default=None)
    if best is None:
        return None
    quotation, group = best
    return QuotationSection(
        words=safe_line(quotation.words, _QUOTATION),
        author=safe_line(quotation.author.name, NAME) or None if quotation.author else None,
        topic=topic_line(quotation.topic),
        group=group_title(group),
    )


def _quotable(memberships: Iterable[Membership], reader: str) -> Iterable[tuple[Quotation, Group]]:
    for membership in memberships:
        quotation = membership.activity.quotation
        if quotation is None or not safe_line(quotation.words, _QUOTATION):
            continue
        # What the readers wrote themselves is no news to them.
        if quotation.author is None or quotation.author.id != reader:
            yield quotation, membership.group


def _interest(quoted: tuple[Quotation, Group]) -> tuple[int, int, datetime, str]:
    # A topic that many people take part in is worth opening for more readers than one with many
    # posts; the rest makes it the same one whenever the notification is composed again.
    topic = quoted[0].topic
    return topic.people, topic.posts, topic.latest, topic.url or ""


def _profile(profile: Profile) -> ProfileSection:
    addresses = profile.addresses
    return ProfileSection(
        face=face(profile),
        pages=links.ProfilePages(links.web(profile.url)),
        biography=safe_lines(profile.biography, _BIOGRAPHY),
        preferred=_shown(addresses.preferred),
        other=_shown(addresses.other),
        unverified=_shown(addresses.unverified),
        undeliverable=_shown(addresses.undeliverable),
    )


def _shown(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(safe_line(address, _ADDRESS) for address in addresses)

# SPDX-License-Identifier: MIT
"""Chooses what of a summary a notification says, and to whom it says what."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from gs.profile.status.hooks import Period
from gs.profile.status.site import links
from gs.profile.status.site.addresses import mailbox, recipients
from gs.profile.status.site.model import (
    Group,
    Membership,
    Profile,
    Quotation,
    SiteSummary,
    Summary,
)
from gs.profile.status.site.text import line, lines

from .choose import group_title, section_for, topic_line
from .contents import Contents, ProfileSection, QuotationSection, SiteSection
from .faces import NAME, face
from .news import clean

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
        title=line(site.title, NAME) or urlsplit(links.web(site.url) or "").netloc,
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
        words=line(quotation.words, _QUOTATION),
        author=line(quotation.author.name, NAME) or None if quotation.author else None,
        topic=topic_line(quotation.topic),
        group=group_title(group),
    )


def _quotable(memberships: Iterable[Membership], reader: str) -> Iterable[tuple[Quotation, Group]]:
    for membership in memberships:
        quotation = membership.activity.quotation
        if quotation is None or not line(quotation.words, _QUOTATION):
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
        biography=lines(profile.biography, _BIOGRAPHY),
        preferred=_shown(addresses.preferred),
        other=_shown(addresses.other),
        unverified=_shown(addresses.unverified),
        undeliverable=_shown(addresses.undeliverable),
    )


def _shown(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line(address, _ADDRESS) for address in addresses)

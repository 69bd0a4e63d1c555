# SPDX-License-Identifier: MIT
"""What a notification says: chosen, counted and safe to show, without words and markup."""

import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from gs.profile.status.hooks import Period
from gs.profile.status.site import links
from gs.profile.status.site.model import (
    Activity,
    Addresses,
    Author,
    Contribution,
    Figures,
    Group,
    Keyword,
    Profile,
    Quotation,
    Topic,
)
from gs.profile.status.site.text import runs_right_to_left, safe_line

#: The longest name of a person, a group or a site, in characters.
NAME: Final = 100
#: Dark enough for white letters: the contrast is 5.9 or more.
_COLOURS: Final = (
    *("#8a3b12", "#6b4a00", "#2f5d1e", "#0b5f56"),
    *("#0c5a86", "#3d4db7", "#6d3fa9", "#97306e"),
)


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
    """What a notification says of a group. *people* are authors, or members if nobody posted."""

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
    keywords: tuple[Keyword, ...]
    advice: Advice | None

    @property
    def further_topics(self) -> int:
        """The number of topics that are not listed."""
        return self.figures.topics - len(self.top_topics)


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

# SPDX-License-Identifier: MIT
"""What a notification says: chosen, counted and safe to show, without words and markup."""

import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, NamedTuple, TypeVar

from gs.profile.status.hooks import Period
from gs.profile.status.site import links
from gs.profile.status.site.model import Activity, Author, Figures, Group, Keyword, Own, Profile
from gs.profile.status.site.text import runs_right_to_left, safe_line

#: The longest name of a person, a group or a site, in characters.
NAME: Final = 100
#: Dark enough for white letters: the contrast is 5.9 or more.
_COLOURS: Final = (
    *("#8a3b12", "#6b4a00", "#2f5d1e", "#0b5f56"),
    *("#0c5a86", "#3d4db7", "#6d3fa9", "#97306e"),
)


@dataclass(frozen=True, slots=True)
class Face:
    """A person: the photo, or else the initials on a colour that is always the same one."""

    name: str
    initials: str
    colour: str
    photo: str | None


def face(person: Author | Profile) -> Face:
    """Return what is shown of a person, all of it safe to show."""
    name = safe_line(person.name, NAME)
    number = zlib.crc32(person.id.encode("utf-8", "surrogatepass"))
    colour = _COLOURS[number % len(_COLOURS)]
    return Face(name, _initials(name), colour, links.web(person.photo))


def _initials(name: str) -> str:
    first = [word[0] for word in name.split() if word[0].isalnum()]
    # Letters that run right to left join, and two of them would make a word.
    last = [] if runs_right_to_left(name) else first[1:][-1:]
    return "".join(first[:1] + last).upper()[:2] or "·"


_T = TypeVar("_T")


class Advice(StrEnum):
    """What a member is told about how the posts of a group are delivered."""

    DIGEST = "digest"
    EACH_POST = "each post"


class IdentityKey(Generic[_T]):
    """Something that equals itself alone: a key that costs the same however big the thing is."""

    __slots__ = ("thing",)

    def __init__(self, thing: _T) -> None:
        self.thing = thing

    def __hash__(self) -> int:
        """Return what no other thing has as long as this one is there."""
        return id(self.thing)

    def __eq__(self, other: object) -> bool:
        """Return whether it is the very same thing."""
        return isinstance(other, IdentityKey) and other.thing is self.thing


class GroupViewKey(NamedTuple):
    """A group and its month, and all that makes a member's section of it differ from another's.

    *hidden* is the ID of the reader, where the reader's own face would be shown.
    """

    group: IdentityKey[Group]
    activity: IdentityKey[Activity]
    period: Period
    administrator: bool
    posted: bool
    hidden: str | None
    advice: Advice | None


class Section(NamedTuple):
    """A group as the reader sees it, and the reader's own part in its month, if there is any."""

    view: GroupViewKey
    own: Own | None


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic that is worth opening, with the posts and the people of the month."""

    title: str
    url: str | None
    posts: int
    people: int


@dataclass(frozen=True, slots=True)
class GroupSection:
    """What is said of a group; *faces* are members where nobody posted, and else authors."""

    title: str
    pages: links.GroupPages
    email: str | None
    administrator: bool
    too_secret: bool
    only_reader: bool
    figures: Figures
    before: Figures | None
    faces: tuple[Face, ...]
    unnamed_authors: int
    top_topics: tuple[TopicLine, ...]
    keywords: tuple[Keyword, ...]
    advice: Advice | None

    @property
    def further_topics(self) -> int:
        """How many topics were discussed besides those that are listed."""
        return self.figures.topics - len(self.top_topics)


@dataclass(frozen=True, slots=True)
class QuotationSection:
    """What somebody wrote in one of the groups."""

    words: str
    author: str | None
    topic: TopicLine
    group: str


@dataclass(frozen=True, slots=True)
class SiteSection:
    """One of the reader's sites, with the groups there."""

    title: str
    pages: links.SitePages
    administrator: bool
    news: str | None
    groups: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class ProfileSection:
    """The reader, as others see them."""

    face: Face
    pages: links.ProfilePages
    biography: tuple[str, ...]
    preferred: tuple[str, ...]
    other: tuple[str, ...]
    unverified: tuple[str, ...]
    undeliverable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a notification says."""

    sites: tuple[SiteSection, ...]
    profile: ProfileSection
    quotation: QuotationSection | None
    never_logged_in: bool
    recipients: tuple[str, ...]
    stop_url: str | None
    support_email: str | None

# SPDX-License-Identifier: MIT
"""What a notification says: chosen, counted and safe to show, without words and markup."""

from dataclasses import dataclass
from enum import StrEnum

from . import links
from .summary import Keyword


class Advice(StrEnum):
    """What a member is told about how the posts of a group are delivered."""

    DIGEST = "digest"
    EACH_POST = "each post"


@dataclass(frozen=True, slots=True)
class Face:
    """A person: the photo, or else the initials on a colour that is always the same one."""

    name: str
    initials: str
    colour: str
    photo: str | None


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic that is worth opening."""

    title: str
    url: str | None
    posts: int


@dataclass(frozen=True, slots=True)
class GroupSection:
    """One of the reader's groups; *faces* are members where nobody posted, and else authors."""

    title: str
    pages: links.GroupPages
    email: str | None
    administrator: bool
    too_secret: bool
    only_reader: bool
    authors: int
    topics: int
    posts: int
    faces: tuple[Face, ...]
    top_topics: tuple[TopicLine, ...]
    keywords: tuple[Keyword, ...]
    advice: Advice | None

    @property
    def unnamed_authors(self) -> int:
        """How many people posted besides those who are named."""
        return self.authors - len(self.faces)

    @property
    def further_topics(self) -> int:
        """How many topics were discussed besides those that are listed."""
        return self.topics - len(self.top_topics)


@dataclass(frozen=True, slots=True)
class SiteSection:
    """One of the reader's sites, with the groups there."""

    title: str
    pages: links.SitePages
    administrator: bool
    news: str | None
    groups: tuple[GroupSection, ...]


@dataclass(frozen=True, slots=True)
class ProfileSection:
    """The reader, as others see them."""

    face: Face
    pages: links.ProfilePages
    biography: tuple[str, ...]
    preferred: tuple[str, ...]
    other: tuple[str, ...]
    unverified: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a notification says."""

    sites: tuple[SiteSection, ...]
    profile: ProfileSection
    never_logged_in: bool
    support_email: str | None

    @property
    def groups(self) -> list[GroupSection]:
        """The groups of all sites."""
        return [group for site in self.sites for group in site.groups]

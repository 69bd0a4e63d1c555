# SPDX-License-Identifier: MIT
"""What one notification tells one member, as plain data: no database, no markup."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final

from gs.profile.status.hooks import Period, Status

#: The event code of each decision, in the audit trail.
EVENT_CODES: Final = {
    Status.SENT: "1",
    Status.NO_VERIFIED_ADDRESS: "2",
    Status.NOT_IN_ANY_GROUP: "3",
    Status.NO_SUCH_MEMBER: "4",
    Status.NO_ACTIVITY: "5",
    Status.OPTED_OUT: "6",
}


class Grade(StrEnum):
    """How much a keyword weighs in what was written."""

    BOLD = "bold"
    NORMAL = "normal"
    MUTED = "muted"


class Delivery(Enum):
    """How a member gets the posts of a group; the values are those of ``email_setting``."""

    EACH_POST = None
    DIGEST = "digest"
    WEB_ONLY = "webonly"


@dataclass(frozen=True, slots=True)
class Author:
    """A person as others see them: the URL of the photo is ``None`` where there is none."""

    id: str
    name: str
    photo: str | None


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that was discussed in the month: its posts and people are those of the month."""

    title: str
    url: str | None
    posts: int
    people: int
    latest: datetime


@dataclass(frozen=True, slots=True)
class Quotation:
    """What somebody wrote, in a few words; the author is ``None`` where it is not known who."""

    words: str
    author: Author | None
    topic: Topic


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word that marks what the month was about."""

    word: str
    grade: Grade


@dataclass(frozen=True, slots=True)
class Group:
    """A group, as all of its members see it.

    Its posts are at *url*; its settings are below *settings_url*. Each is ``None`` where it has no
    such page.
    """

    id: str
    title: str
    url: str | None
    settings_url: str | None
    email: str
    secret: bool
    member_count: int
    faces: tuple[Author, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """How much there was in a month: people who posted, topics that were posted to, posts."""

    authors: int
    topics: int
    posts: int


@dataclass(frozen=True, slots=True)
class Own:
    """What somebody did in a group in a month.

    *posts* they wrote, *topics* they started, and how many other *people* answered in these.
    """

    posts: int
    topics: int
    people: int


@dataclass(frozen=True, slots=True)
class Activity:
    """What happened in a group in a month: the same for each of its members.

    Authors come with a photo first, topics with the ones first that are most worth opening,
    keywords with the weightiest first: how many of them a notification shows is the business of
    the letter. The authors that are counted may be more than those that can be named. *own* has
    those who posted, by their IDs.
    """

    figures: Figures
    before: Figures
    authors: tuple[Author, ...]
    topics: tuple[Topic, ...]
    keywords: tuple[Keyword, ...]
    quotation: Quotation | None
    own: Mapping[str, Own]


@dataclass(frozen=True, slots=True)
class Membership:
    """A member's own view of a group, with what happened there."""

    group: Group
    activity: Activity
    administrator: bool
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """A site of the instance: its news is trusted HTML, or ``None``."""

    id: str
    title: str
    url: str
    support_email: str
    news: str | None

    @property
    def rank(self) -> tuple[str, str]:
        """Its place among the sites of a member: by title."""
        return self.title.casefold(), self.id


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """The groups that a member has on one site, by title; the member may run the site.

    Its *home* is ``None`` where there are no pages at the URL of the site.
    """

    site: SiteInfo
    home: str | None
    administrator: bool
    memberships: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class Addresses:
    """A member's e-mail addresses: mail goes to each of the preferred ones.

    To those that are *undeliverable* it would, had no mail server refused them for good.
    """

    preferred: tuple[str, ...]
    other: tuple[str, ...]
    unverified: tuple[str, ...]
    undeliverable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """A member as the notification shows them to themselves.

    The language is a BCP 47 tag, the time zone a name of the IANA database. The URL is ``None``
    where members have no page.
    """

    id: str
    name: str
    language: str
    timezone: str
    biography: str
    photo: str | None
    url: str | None
    logged_in: bool
    addresses: Addresses


@dataclass(frozen=True, slots=True)
class Summary:
    """All that one notification says: to whom, on which month, site by site.

    The first site is the one that the notification is from.
    """

    period: Period
    profile: Profile
    sites: tuple[SiteSummary, ...]

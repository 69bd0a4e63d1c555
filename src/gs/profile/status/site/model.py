# SPDX-License-Identifier: MIT
"""The data of a notification: a member, the member's sites and groups, and their activity."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final

from gs.profile.status.hooks import Period, Status

#: The event code of each status, in the audit trail.
EVENT_CODES: Final = {
    Status.SENT: "1",
    Status.NO_VERIFIED_ADDRESS: "2",
    Status.NOT_IN_ANY_GROUP: "3",
    Status.NO_SUCH_MEMBER: "4",
    Status.NO_ACTIVITY: "5",
    Status.OPTED_OUT: "6",
}


class Grade(StrEnum):
    """The weight of a keyword in the posts of a month."""

    BOLD = "bold"
    NORMAL = "normal"
    MUTED = "muted"


class EmailSetting(Enum):
    """How a member receives the posts of a group; the values are those of ``email_setting``."""

    EACH_POST = None
    DIGEST = "digest"
    WEB_ONLY = "webonly"


@dataclass(frozen=True, slots=True)
class Author:
    """A person as others see them: the URL of the photo is ``None`` if there is none."""

    id: str
    name: str
    photo: str | None


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the month: its posts and people are those of the month."""

    title: str
    url: str | None
    posts: int
    people: int
    latest: datetime


@dataclass(frozen=True, slots=True)
class Quotation:
    """A few sentences of a post; the author is ``None`` if the author is unknown."""

    words: str
    author: Author | None
    topic: Topic


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word that is characteristic of the posts of a month."""

    word: str
    grade: Grade


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A group, as all of its members see it; a group equals itself alone, and so is a cheap key.

    Its posts are at *url*; its settings are below *settings_url*. Each is ``None`` if there is no
    such page. *members* are some of the members, those with a photo first.
    """

    id: str
    title: str
    url: str | None
    settings_url: str | None
    email: str
    secret: bool
    member_count: int
    members: tuple[Author, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a month: people who posted, topics with posts, posts."""

    authors: int
    topics: int
    posts: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one member did in a group in a month.

    The member wrote *posts* and started *topics*; so many other *people* answered in these.
    """

    posts: int
    topics: int
    people: int


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """What happened in a group in a month: the same for each of its members.

    Authors with a photo come first, topics in the order in which they are worth opening, keywords
    by weight. The notification decides how many of them it shows. *figures* may count authors who
    have no account. *contributions* are by user ID. An activity equals itself alone, and so is a
    cheap key.
    """

    figures: Figures
    before: Figures
    authors: tuple[Author, ...]
    topics: tuple[Topic, ...]
    keywords: tuple[Keyword, ...]
    quotation: Quotation | None
    contributions: Mapping[str, Contribution]


@dataclass(frozen=True, slots=True)
class Membership:
    """A group of a member, with its activity and the member's role and setting there."""

    group: Group
    activity: Activity
    administrator: bool
    email_setting: EmailSetting


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """A site of the instance: its news is HTML that is not yet cleaned, or ``None``."""

    id: str
    title: str
    url: str
    support_email: str
    news: str | None

    @property
    def rank(self) -> tuple[str, str]:
        """The sort key of a site among the sites of a member: the title, then the ID."""
        return self.title.casefold(), self.id


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """A site of a member, with the member's groups there by title.

    *home* is ``None`` if the site has no web pages. *administrator* says whether the member
    administers the site.
    """

    site: SiteInfo
    home: str | None
    administrator: bool
    memberships: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class Addresses:
    """A member's e-mail addresses: the notification goes to each of the *preferred* ones.

    The *undeliverable* ones are preferred too, but a mail server rejected them permanently.
    """

    preferred: tuple[str, ...]
    other: tuple[str, ...]
    unverified: tuple[str, ...]
    undeliverable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """The profile of a member.

    The language is a BCP 47 tag, the time zone a name of the IANA database. The URL is ``None``
    if members have no page.
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
    """All that one notification says: the month, the member, and the member's sites.

    The notification is from the first site.
    """

    period: Period
    profile: Profile
    sites: tuple[SiteSummary, ...]

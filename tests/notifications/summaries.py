# SPDX-License-Identifier: MIT
"""Sample summaries: a test changes the parts it needs, the rest has defaults."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gs.profile.status.site.model import (
    Activity,
    Addresses,
    Author,
    Contribution,
    EmailSetting,
    Figures,
    Grade,
    Group,
    Keyword,
    Membership,
    Period,
    Profile,
    Quotation,
    SiteInfo,
    SiteSummary,
    Summary,
    Topic,
)

READER = "reader0123456789"
HOME = "https://groups.example.org"
NAMES = (
    "Maria Ortiz",
    "Chukwuemeka Okonkwo",
    "\u7530\u4e2d \u3055\u304f\u3089",
    "\u0645\u062d\u0645\u062f \u0627\u0644\u0647\u0627\u0634\u0645\u064a",
    "Zoë van der Berg",
    "Jürgen Müller",
    "Nguyễn Thị Minh Khai",
    "Ólafur Þór Jónsson",
)
TITLES = ("When to lift the dahlias", "Seed swap: who brings what?", "Slugs again", "The gate")
LATEST = datetime(2026, 7, 28, 17, tzinfo=UTC)
NONE = Figures(0, 0, 0)
WORDS = ("dahlias", "slugs", "copper", "compost", "seeds", "Kürbis")


def authors(count: int, photos: int = 2) -> tuple[Author, ...]:
    """Return *count* people other than the reader, the first of them with photos."""
    return tuple(
        Author(f"u{n}", f"{NAMES[n % len(NAMES)]} {n}", f"{HOME}/{n}.jpg" if n < photos else None)
        for n in range(count)
    )


def the_reader() -> Author:
    """Return the reader, as an author."""
    return Author(READER, "Anna Lindqvist", None)


def topics(count: int) -> tuple[Topic, ...]:
    """Return *count* topics, the most discussed first."""
    return tuple(topic(TITLES[n % len(TITLES)], f"t{n}", posts=count - n) for n in range(count))


def topic(title: str = TITLES[0], at: str = "t0", *, posts: int = 3, people: int = 2) -> Topic:
    """Return a topic whose latest post is a minute earlier for each person."""
    latest = LATEST - timedelta(minutes=people)
    return Topic(title, f"{HOME}/r/topic/{at}", posts, people, latest)


def quotation(words: str = "I lift mine in November.", **changes: Any) -> Quotation:
    """Return a quotation."""
    usual = {"author": Author("maria", "Maria Ortiz", None), "topic": topic()}
    return Quotation(words, **usual | changes)


def keywords(*words: str) -> tuple[Keyword, ...]:
    """Return the words, their grades in turn."""
    grades = tuple(Grade)
    return tuple(Keyword(word, grades[n % len(grades)]) for n, word in enumerate(words))


def activity(posts: int = 12, **changes: Any) -> Activity:
    """Return the activity of a group with *posts* posts and matching figures."""
    usual = {"authors": authors(4), "topics": topics(3), "keywords": keywords(*WORDS)}
    nothing = {"authors": (), "topics": (), "keywords": ()}
    parts = (usual if posts else nothing) | {"before": NONE, "quotation": None} | changes
    people = [author.id for author in parts["authors"]]
    own = {READER: Contribution(posts, 0, 0)} if READER in people else {}
    figures = Figures(len(people), len(parts["topics"]), posts)
    return Activity(**{"figures": figures, "contributions": own} | parts)


def group(title: str = "Allotments", **changes: Any) -> Group:
    """Return a public group of 30 members."""
    usual = {
        "id": "g1",
        "url": f"{HOME}/groups/allotments",
        "settings_url": f"{HOME}/groups/allotments",
        "email": "allotments@groups.example.org",
        "secret": False,
        "member_count": 30,
        "members": authors(8),
    }
    return Group(title=title, **usual | changes)


def membership(**changes: Any) -> Membership:
    """Return a membership of the reader."""
    usual = {
        "group": group(),
        "activity": activity(),
        "administrator": False,
        "email_setting": EmailSetting.EACH_POST,
    }
    return Membership(**usual | changes)


def site(**changes: Any) -> SiteInfo:
    """Return a site without news."""
    usual = {
        "id": "s1",
        "title": "Greenfield Community",
        "url": HOME,
        "support_email": "support@groups.example.org",
        "news": None,
    }
    return SiteInfo(**usual | changes)


def on_site(
    *memberships: Membership, administrator: bool = False, pages: bool = True, **changes: Any
) -> SiteSummary:
    """Return a site with the groups of the reader, by default one."""
    one = site(**changes)
    home = one.url if pages else None
    return SiteSummary(one, home, administrator, memberships or (membership(),))


def profile(**changes: Any) -> Profile:
    """Return a reader with a complete profile."""
    usual = {
        "id": READER,
        "name": "Anna Lindqvist",
        "language": "en",
        "timezone": "UTC",
        "biography": "I keep two hives.\nOn Tuesdays I am in the tool shed.",
        "photo": f"{HOME}/p/anna.jpg",
        "url": f"{HOME}/p/anna",
        "logged_in": True,
        "addresses": Addresses(
            preferred=("anna@example.org",),
            other=("anna@work.example.com",),
            unverified=("anna@old.example.net",),
        ),
    }
    return Profile(**usual | changes)


def summary(*sites: SiteSummary, **changes: Any) -> Summary:
    """Return the summary of July 2026 for the reader; *changes* are of the profile."""
    return Summary(Period(2026, 7), profile(**changes), sites or (on_site(),))


def of_group(**changes: Any) -> Summary:
    """Return the summary for a reader with one group; *changes* are of the membership."""
    return summary(on_site(membership(**changes)))

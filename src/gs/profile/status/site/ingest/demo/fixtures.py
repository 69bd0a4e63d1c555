# SPDX-License-Identifier: MIT
"""The people, sites and groups of the invented community, read from its TOML files."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, Self

from gs.profile.status.site.store.groups import SiteData

_BY: Final = re.compile(r"\[([^\]]+)\] (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DemoLine:
    """A text that a person writes; *by* is in the name of the person, or empty for anybody."""

    text: str
    by: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the line that is written as ``[Name] text``, or as ``text`` for anybody."""
        named = _BY.fullmatch(text)
        return cls(named[2], named[1]) if named else cls(text)


@dataclass(frozen=True, slots=True)
class DemoTopic:
    """A topic: its opening and its replies in order; a monthly topic comes again each month.

    A hidden topic was hidden soon after it was posted.
    """

    subject: str
    monthly: bool
    hidden: bool
    opening: DemoLine
    replies: tuple[DemoLine, ...]


@dataclass(frozen=True, slots=True)
class DemoGroup:
    """A group: each topic gets up to *chatter* of the *replies*, which fit into any topic.

    In a *silent* group nobody has posted since the end of the month before last.
    """

    group_id: str
    site_id: str
    title: str
    privacy: str
    chatter: int
    silent: bool
    replies: tuple[DemoLine, ...]
    topics: tuple[DemoTopic, ...]


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person, with the groups and sites that they administer.

    *case* is why the person gets no notification, or empty.
    """

    name: str
    language: str
    timezone: str
    biography: str
    groups: tuple[str, ...]
    administers: frozenset[str]
    case: str

    @property
    def removed(self) -> bool:
        """Whether the account was removed: the lists of members still have the ID."""
        return self.case == "account removed"


def read_sites() -> list[tuple[SiteData, str | None]]:
    """Return the sites, each with its news."""
    return [
        (SiteData(site["id"], site["title"], site["url"], site["support_email"]), site.get("news"))
        for site in _read("sites.toml")["sites"]
    ]


def read_people() -> list[DemoPerson]:
    """Return all people, in the order of the file."""
    return [
        DemoPerson(
            name=person["name"],
            language=person.get("language", "en"),
            timezone=person.get("timezone", "Europe/London"),
            biography=person["biography"],
            groups=tuple(person["groups"]),
            administers=frozenset(person.get("administers", ())),
            case=person.get("case", ""),
        )
        for person in _read("people.toml")["people"]
    ]


def read_groups() -> Iterator[DemoGroup]:
    """Yield the groups in the order of their IDs."""
    folder = files(__package__).joinpath("groups")
    for name in sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml")):
        group = _read("groups", name)
        yield DemoGroup(
            group_id=name.removesuffix(".toml"),
            site_id=group["site"],
            title=group["title"],
            privacy=group["privacy"],
            chatter=group["chatter"],
            silent=group.get("silent", False),
            replies=tuple(map(DemoLine.parse, group["replies"])),
            topics=tuple(map(_topic, group["topics"])),
        )


def _topic(topic: dict[str, Any]) -> DemoTopic:
    opening = DemoLine(topic["opening"].strip(), topic.get("by", ""))
    replies = tuple(map(DemoLine.parse, topic["replies"]))
    monthly, hidden = topic.get("monthly", False), topic.get("hidden", False)
    return DemoTopic(topic["subject"], monthly, hidden, opening, replies)


def _read(*path: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(*path).read_text("utf-8"))

# SPDX-License-Identifier: MIT
"""Who and what the invented community is made of, as its TOML files tell."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, Self

_BY: Final = re.compile(r"\[([^\]]+)\] (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DemoLine:
    """What somebody says: *by* begins the name of who says it, or is empty for anybody."""

    text: str
    by: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the line that ``[Name] text``, or the text alone, stands for."""
        named = _BY.fullmatch(text)
        return cls(named[2], named[1]) if named else cls(text)


@dataclass(frozen=True, slots=True)
class DemoTopic:
    """A topic: what opens it, and the answers in their order; a monthly one comes again.

    A hidden one was taken off the web soon after it was posted.
    """

    subject: str
    monthly: bool
    hidden: bool
    opening: DemoLine
    replies: tuple[DemoLine, ...]


@dataclass(frozen=True, slots=True)
class DemoGroup:
    """A group: its topics get up to *chatter* of the replies that fit anywhere in it.

    In one that has been *silent* nobody has posted since the end of the month before last.
    """

    group_id: str
    site_id: str
    title: str
    privacy: str
    chatter: int
    silent: bool
    replies: tuple[DemoLine, ...]
    talks: tuple[DemoTopic, ...]


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person: *runs* names groups and sites, *case* a status other than "sent"."""

    name: str
    language: str
    timezone: str
    biography: str
    groups: tuple[str, ...]
    runs: frozenset[str]
    case: str


def read_sites() -> list[dict[str, Any]]:
    """Return the sites as rows of their table."""
    sites: list[dict[str, Any]] = _read("sites.toml")["sites"]
    return [{"site_id": site.pop("id"), "news": site.pop("news", None), **site} for site in sites]


def read_people() -> list[DemoPerson]:
    """Return everybody, in the order of the file."""
    return [
        DemoPerson(
            name=person["name"],
            language=person.get("language", "en"),
            timezone=person.get("timezone", "Europe/London"),
            biography=person["biography"],
            groups=tuple(person["groups"]),
            runs=frozenset(person.get("runs", ())),
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
            talks=tuple(map(_talk, group["topics"])),
        )


def _talk(topic: dict[str, Any]) -> DemoTopic:
    opening = DemoLine(topic["opening"].strip(), topic.get("by", ""))
    replies = tuple(map(DemoLine.parse, topic["replies"]))
    monthly, hidden = topic.get("monthly", False), topic.get("hidden", False)
    return DemoTopic(topic["subject"], monthly, hidden, opening, replies)


def _read(*path: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(*path).read_text("utf-8"))

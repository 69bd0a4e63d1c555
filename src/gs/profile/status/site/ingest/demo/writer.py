# SPDX-License-Identifier: MIT
"""Writes the posts of the invented community: the author, the date and the text of each."""

import calendar
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Final

from gs.profile.status.hooks import Period

from .fixtures import DemoGroup, DemoLine, DemoTopic

_MONTHS: Final = calendar.month_name[1:]
_THANKS: Final = ("Best wishes,", "See you soon,", "Cheers,", "Warmly,")


@dataclass(frozen=True, slots=True)
class DemoMember:
    """A person who can post to a group."""

    user_id: str
    name: str

    @property
    def first_name(self) -> str:
        """The name in their signature."""
        return self.name.split()[0]


@dataclass(frozen=True, slots=True)
class DemoPost:
    """A post: *answers* is the index, in its topic, of the post that it answers, if any.

    *hidden* is when an administrator hid it, if ever.
    """

    author: DemoMember
    date: datetime
    body: str
    answers: int | None
    hidden: datetime | None


def write_topics(
    group: DemoGroup, members: Sequence[DemoMember], now: datetime, random: Random
) -> Iterator[tuple[str, list[DemoPost]]]:
    """Yield the subject and the posts of each topic, of three months and up to *now*."""
    this = Period.of(now.date())
    months = [this.before(), this.before().before(), this.before().before().before()]
    end = _start(months[0]) if group.silent else now
    if group.silent:
        months = months[1:]
    once = (topic for topic in group.topics if not topic.monthly)
    scheduled = [(topic, months[n % len(months)]) for n, topic in enumerate(once)]
    monthly = [topic for topic in group.topics if topic.monthly]
    scheduled += [(topic, month) for topic in monthly for month in (*months, this)]
    for topic, month in scheduled:
        posts = [post for post in _write(group, topic, month, members, random) if post.date < end]
        if posts:
            yield topic.subject.format(month=_MONTHS[month.month - 1]), posts


def _write(
    group: DemoGroup,
    topic: DemoTopic,
    month: Period,
    members: Sequence[DemoMember],
    random: Random,
) -> Iterator[DemoPost]:
    lines = [topic.opening, *topic.replies]
    for line in random.sample(group.replies, min(group.chatter, len(group.replies))):
        lines.insert(random.randint(2, len(lines)) if len(lines) > 1 else 1, line)
    days = 3 if topic.monthly else 21
    date = _start(month) + timedelta(hours=7, seconds=random.randrange(days * 86_400))
    previous: list[tuple[DemoMember, DemoLine]] = []
    for number, line in enumerate(lines):
        author = _author(line, members, previous, random)
        text = _filled(line.text, month)
        if number and random.random() < 0.4:  # noqa: PLR2004 - two in five quote
            text = f"{_quotation(*previous[-1], month)}\n\n{text}"
        unwanted = topic.hidden or (number and random.random() < 0.02)  # noqa: PLR2004 - 1 in 50
        hidden = date + timedelta(hours=3) if unwanted else None
        signed = _signed(text, author, random)
        yield DemoPost(author, date, signed, number - 1 if number else None, hidden)
        previous.append((author, line))
        date += timedelta(minutes=random.randint(12, 1_500))


def _author(
    line: DemoLine,
    members: Sequence[DemoMember],
    previous: list[tuple[DemoMember, DemoLine]],
    random: Random,
) -> DemoMember:
    named = [member for member in members if line.by and line.by in member.name]
    if named:
        return named[0]
    last = previous[-1][0] if previous else None
    return random.choice([member for member in members if member != last])


def _filled(text: str, month: Period) -> str:
    text = text.replace("{month}", _MONTHS[month.month - 1])
    paragraphs = (" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    return "\n\n".join(textwrap.fill(paragraph, 76) for paragraph in paragraphs)


def _quotation(author: DemoMember, line: DemoLine, month: Period) -> str:
    quoted = _filled(line.text, month).split("\n\n")[-1]
    return f"{author.name} wrote:\n\n{textwrap.indent(quoted, '> ', lambda _line: True)}"


def _signed(text: str, author: DemoMember, random: Random) -> str:
    way = random.random()
    if way < 0.5:  # noqa: PLR2004 - half sign with their name
        return f"{text}\n\n{author.first_name}\n"
    if way < 0.7:  # noqa: PLR2004 - one in five is polite
        return f"{text}\n\n{random.choice(_THANKS)}\n{author.first_name}\n"
    if way < 0.8:  # noqa: PLR2004 - one in ten has a signature
        return f"{text}\n\n-- \n{author.name}\nhttps://people.example/{author.user_id}\n"
    return f"{text}\n"


def _start(period: Period) -> datetime:
    return datetime.combine(period.first_day, time.min, UTC)

# SPDX-License-Identifier: MIT
"""Writes the posts of the invented community: who says what, when, and how it is put."""

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
    """Somebody who may post to a group."""

    user_id: str
    name: str

    @property
    def first_name(self) -> str:
        """What they sign with."""
        return self.name.split()[0]


@dataclass(frozen=True, slots=True)
class DemoPost:
    """A post: *answers* is the number of the post in its topic that it answers, if any.

    A *hidden* one has the moment at which an administrator hid it.
    """

    author: DemoMember
    date: datetime
    body: str
    answers: int | None
    hidden: datetime | None


def write_topics(
    circle: DemoGroup, members: Sequence[DemoMember], now: datetime, random: Random
) -> Iterator[tuple[str, list[DemoPost]]]:
    """Yield each topic of a group, its subject and its posts, of three months and up to *now*."""
    this = Period.of(now.date())
    months = [this.before(), this.before().before(), this.before().before().before()]
    end = _start(months[0]) if circle.silent else now
    if circle.silent:
        months = months[1:]
    once = (talk for talk in circle.talks if not talk.monthly)
    scheduled = [(talk, months[n % len(months)]) for n, talk in enumerate(once)]
    monthly = [talk for talk in circle.talks if talk.monthly]
    scheduled += [(talk, month) for talk in monthly for month in (*months, this)]
    for talk, month in scheduled:
        posts = [post for post in _write(circle, talk, month, members, random) if post.date < end]
        if posts:
            yield talk.subject.format(month=_MONTHS[month.month - 1]), posts


def _write(
    circle: DemoGroup,
    talk: DemoTopic,
    month: Period,
    members: Sequence[DemoMember],
    random: Random,
) -> Iterator[DemoPost]:
    lines = [talk.opening, *talk.replies]
    for line in random.sample(circle.replies, min(circle.chatter, len(circle.replies))):
        lines.insert(random.randint(2, len(lines)) if len(lines) > 1 else 1, line)
    days = 3 if talk.monthly else 21
    date = _start(month) + timedelta(hours=7, seconds=random.randrange(days * 86_400))
    previous: list[tuple[DemoMember, DemoLine]] = []
    for number, line in enumerate(lines):
        author = _cast(line, members, previous, random)
        text = _put(line.text, month)
        if number and random.random() < 0.4:  # noqa: PLR2004 - two in five quote
            text = f"{_quotation(*previous[-1], month)}\n\n{text}"
        unwanted = talk.hidden or (number and random.random() < 0.02)  # noqa: PLR2004 - 1 in 50
        hidden = date + timedelta(hours=3) if unwanted else None
        signed = _signed(text, author, random)
        yield DemoPost(author, date, signed, number - 1 if number else None, hidden)
        previous.append((author, line))
        date += timedelta(minutes=random.randint(12, 1_500))


def _cast(
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


def _put(text: str, month: Period) -> str:
    text = text.replace("{month}", _MONTHS[month.month - 1])
    paragraphs = (" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    return "\n\n".join(textwrap.fill(paragraph, 76) for paragraph in paragraphs)


def _quotation(author: DemoMember, line: DemoLine, month: Period) -> str:
    quoted = _put(line.text, month).split("\n\n")[-1]
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

# SPDX-License-Identifier: MIT
"""The words of one language: messages, plural forms, months, numbers and lists."""

import gettext
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from gs.profile.status.hooks import Period

_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True, slots=True)
class Wording:
    """A language, by its BCP 47 tag, with the catalogue that the messages are looked up in."""

    tag: str = "en"
    catalogue: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)

    @property
    def subject(self) -> str:
        """The subject of every notification."""
        return self.catalogue.gettext("What is happening in your groups")

    def month(self, period: Period) -> str:
        """Return the month by its name alone."""
        return self.catalogue.gettext(_MONTHS[period.month - 1])

    def month_of_year(self, period: Period) -> str:
        """Return the month by its name, with the year."""
        parts = {"month": self.month(period), "year": period.year}
        return self.catalogue.gettext("%(month)s %(year)d") % parts

    def number(self, value: int) -> str:
        """Return a number as people write it."""
        return f"{value:,}".replace(",", self.catalogue.pgettext("between thousands", ","))

    def listed(self, items: Sequence[str]) -> str:
        """Return the items as a sentence lists them, the last one after an *and*."""
        if len(items) < 2:  # noqa: PLR2004 - a list has two ends
            return "".join(items)
        parts = {"most": ", ".join(items[:-1]), "last": items[-1]}
        return self.catalogue.gettext("%(most)s and %(last)s") % parts

    def overview(
        self, period: Period, *, posts: int, topics: int, active: int, groups: int
    ) -> str:
        """Return the month in a sentence: so many posts on so many topics, in how many groups."""
        say, month = self.catalogue.gettext, self.month(period)
        if not posts:
            return say("Nobody posted in your groups in %(month)s.") % {"month": month}
        where = self.plural("your group", "your %(number)s groups", groups)
        if active < groups:
            parts = {"active": self.number(active), "groups": self.number(groups)}
            where = say("%(active)s of your %(groups)s groups") % parts
        return say("In %(month)s, people wrote %(posts)s on %(topics)s in %(groups)s.") % {
            "month": month,
            "posts": self.plural("%(number)s post", "%(number)s posts", posts),
            "topics": self.plural("%(number)s topic", "%(number)s topics", topics),
            "groups": where,
        }

    def plural(self, one: str, many: str, count: int) -> str:
        """Return the message that goes with *count*, the number filled in."""
        return self.catalogue.ngettext(one, many, count) % {"number": self.number(count)}


#: The language that the messages are written in.
ENGLISH: Final = Wording()

# SPDX-License-Identifier: MIT
"""The languages of a notification: message catalogues, plural forms, months, numbers."""

import gettext
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from gs.profile.status.hooks import Period
from gs.profile.status.site.model import Own

#: The language that the messages are written in.
SOURCE: Final = "en"
#: The languages that they are translated into, a file each in ``locale/``.
TRANSLATIONS: Final = ("de", "es", "fr")
_LONGEST_TAG: Final = 35  # RFC 5646, 4.4.1


def locale_for(language: str) -> Locale:
    """Return the locale of a BCP 47 tag; English for a language that the site does not speak.

    A region counts where it is known, for months and numbers, and is left out where it is not.
    """
    # What follows an @ is POSIX's, and Babel would keep it for a part of the tag.
    tag = language.strip().replace("_", "-").partition("@")[0]
    if len(tag) > _LONGEST_TAG:
        return Locale(SOURCE)
    first = tag.partition("-")[0].lower()
    if first not in TRANSLATIONS and first != SOURCE:
        return Locale(SOURCE)
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale(first)


@cache
def catalogue_of(language: str) -> gettext.NullTranslations:
    """Return the catalogue of one of the languages; that of English leaves all as it is.

    It is compiled when it is read, so that there is no file that could be older than its source.
    """
    if language == SOURCE:
        return gettext.NullTranslations()
    source = files(__package__).joinpath("locale", f"{language}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source), locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """A language, maybe as one region writes it, with the catalogue of its messages."""

    locale: Locale
    catalogue: gettext.NullTranslations

    @property
    def tag(self) -> str:
        """The BCP 47 tag, as an HTML page has it."""
        return str(self.locale).replace("_", "-")

    @property
    def subject(self) -> str:
        """The subject of every notification."""
        return self.catalogue.gettext("What is happening in your groups")

    def month(self, period: Period) -> str:
        """Return the month by its name alone, as it stands in a sentence."""
        return _month(period.month, self.locale)

    def month_of_year(self, period: Period) -> str:
        """Return the month with the year, as it begins a line."""
        return _month_of_year(period, self.locale)

    def number(self, value: int) -> str:
        """Return a number as people write it."""
        return _number(value, self.locale)

    def listed(self, items: Sequence[str]) -> str:
        """Return the items as a sentence lists them, the last one after an *and*."""
        return format_list(items, locale=self.locale)

    def plural(self, one: str, many: str, count: int) -> str:
        """Return the message that goes with *count*, the number filled in."""
        return self.catalogue.ngettext(one, many, count) % {"number": self.number(count)}

    def overview(
        self, period: Period, *, posts: int, topics: int, active: int, groups: int
    ) -> str:
        """Return the month in a sentence: so many posts on so many topics, in how many groups."""
        month, gettext = self.month(period), self.catalogue.gettext
        if not posts:
            return gettext("Nobody posted in your groups in %(month)s.") % {"month": month}
        where = self.plural("your group", "your %(number)s groups", groups)
        if active < groups:
            parts = {"active": self.number(active), "groups": self.number(groups)}
            where = gettext("%(active)s of your %(groups)s groups") % parts
        return gettext("In %(month)s, people wrote %(posts)s on %(topics)s in %(groups)s.") % {
            "month": month,
            "posts": self.plural("%(number)s post", "%(number)s posts", posts),
            "topics": self.plural("%(number)s topic", "%(number)s topics", topics),
            "groups": where,
        }

    def own(self, own: Own) -> str:
        """Return in a sentence what the reader did, and how many people answered."""
        did = self._did(own) % {
            "posts": self.plural("%(number)s post", "%(number)s posts", own.posts),
            "topics": self.plural("%(number)s topic", "%(number)s topics", own.topics),
        }
        if not (own.topics and own.people):
            return f"{did}."
        said = self.catalogue.ngettext(
            "%(did)s, and %(number)s person answered.",
            "%(did)s, and %(number)s people answered.",
            own.people,
        )
        return said % {"did": did, "number": self.number(own.people)}

    def _did(self, own: Own) -> str:
        if not own.topics:
            return self.catalogue.gettext("You wrote %(posts)s")
        if own.posts == own.topics:
            return self.catalogue.gettext("You started %(topics)s")
        return self.catalogue.gettext("You wrote %(posts)s and started %(topics)s")


@lru_cache(maxsize=128)
def wording_for(language: str) -> Wording:
    """Return the words for a BCP 47 tag: English for a language that there is no catalogue of."""
    return _wording(str(locale_for(language)))


@lru_cache(maxsize=64)
def _wording(identifier: str) -> Wording:
    locale = Locale.parse(identifier)
    return Wording(locale, catalogue_of(locale.language))


@lru_cache(maxsize=4096)
def _number(value: int, locale: Locale) -> str:
    return format_decimal(value, locale=locale)


@lru_cache(maxsize=512)
def _month(month: int, locale: Locale) -> str:
    return format_date(date(2000, month, 1), "MMMM", locale=locale)


@lru_cache(maxsize=512)
def _month_of_year(period: Period, locale: Locale) -> str:
    text = format_skeleton("yMMMM", date(period.year, period.month, 1), locale=locale)
    return f"{text[:1].upper()}{text[1:]}"

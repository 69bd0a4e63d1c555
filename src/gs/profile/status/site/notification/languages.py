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
from gs.profile.status.site.model import Contribution

#: The language of the messages in the source.
SOURCE: Final = "en"
#: The languages of the translations, a file each in ``locale/``.
TRANSLATIONS: Final = ("de", "es", "fr")
_LONGEST_TAG: Final = 35  # RFC 5646, 4.4.1


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """A language, and its region if known, with the catalogue of its messages.

    The BCP 47 *tag* is for HTML and header fields; every notification has the same *subject*.
    """

    locale: Locale
    catalogue: gettext.NullTranslations
    tag: str
    subject: str

    def month(self, period: Period) -> str:
        """Return the name of the month, as in a sentence."""
        return _month(period.month, self.locale)

    def month_of_year(self, period: Period) -> str:
        """Return the month with the year, with a capital as at the start of a line."""
        return _month_of_year(period, self.locale)

    def number(self, value: int) -> str:
        """Return a number with the separators of the region."""
        return _number(value, self.locale)

    def listed(self, items: Sequence[str]) -> str:
        """Return the items as a list in a sentence, with "and" before the last."""
        return format_list(items, locale=self.locale)

    def plural(self, one: str, many: str, count: int) -> str:
        """Return the plural form for *count*, with the number filled in."""
        return self.catalogue.ngettext(one, many, count) % {"number": self.number(count)}

    def overview(
        self, period: Period, *, posts: int, topics: int, active: int, groups: int
    ) -> str:
        """Return a sentence on the month: the posts, the topics and the active groups."""
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

    def contribution(self, own: Contribution) -> str:
        """Return a sentence on what the reader did, and how many people answered."""
        gettext, ngettext = self.catalogue.gettext, self.catalogue.ngettext
        if not own.topics:
            pattern = gettext("You wrote %(posts)s")
        elif own.posts == own.topics:
            pattern = gettext("You started %(topics)s")
        else:
            pattern = gettext("You wrote %(posts)s and started %(topics)s")
        did = pattern % {
            "posts": self.plural("%(number)s post", "%(number)s posts", own.posts),
            "topics": self.plural("%(number)s topic", "%(number)s topics", own.topics),
        }
        if not (own.topics and own.people):
            return f"{did}."
        sentence = ngettext(
            "%(did)s, and %(number)s person answered.",
            "%(did)s, and %(number)s people answered.",
            own.people,
        )
        return sentence % {"did": did, "number": self.number(own.people)}


def wording_for(language: str) -> Wording:
    """Return the words for a BCP 47 tag; English if the site has no translation."""
    # The key is the locale, not the tag: members can write one language in many ways.
    return _wording(str(locale_for(language)))


@lru_cache(maxsize=64)
def _wording(identifier: str) -> Wording:
    locale = Locale.parse(identifier)
    catalogue = catalogue_of(locale.language)
    subject = catalogue.gettext("What is happening in your groups")
    return Wording(locale, catalogue, str(locale).replace("_", "-"), subject)


def locale_for(language: str) -> Locale:
    """Return the locale of a BCP 47 tag; English if the site has no translation.

    A known region is kept, for months and numbers; an unknown one is ignored.
    """
    # POSIX puts a modifier after an @, which Babel would take for a part of the tag.
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
    """Return the catalogue of one of the languages; the one for English changes nothing.

    It is compiled when it is read, so no compiled file can be older than its source.
    """
    if language == SOURCE:
        return gettext.NullTranslations()
    source = files(__package__).joinpath("locale", f"{language}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source), locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


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

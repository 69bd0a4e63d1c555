# SPDX-License-Identifier: MIT
"""The languages that the site speaks, and the catalogues that the messages are looked up in."""

import gettext
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final

from babel.core import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

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

# SPDX-License-Identifier: MIT
"""Lets the templates speak a language: gettext's functions, as they call them."""

import gettext
from functools import cache

from jinja2 import Environment
from markupsafe import Markup


def teach(environment: Environment, catalogue: gettext.NullTranslations, *, html: bool) -> None:
    """Have the templates of *environment*, all of them *html* or none, use a *catalogue*.

    Jinja's own functions ask with each call whether to escape, which took half of the time of a
    mail; what a translation says is trusted here as well, and what is filled in is escaped.
    """
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    environment.newstyle_gettext = True  # type: ignore[attr-defined] # of the extension
    trusted = Markup if html else str

    @cache
    def constant(message: str) -> str:
        return trusted(catalogue.gettext(message) % {})

    @cache
    def pattern(message: str) -> str:
        return trusted(catalogue.gettext(message))

    def say(message: str, **values: object) -> str:
        return pattern(message) % values if values else constant(message)

    def say_many(one: str, many: str, count: int, **values: object) -> str:
        return trusted(catalogue.ngettext(one, many, count)) % values

    environment.globals |= {"_": say, "gettext": say, "ngettext": say_many}

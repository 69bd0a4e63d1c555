# SPDX-License-Identifier: MIT
"""The templates of the pages, filled in; their one style sheet stands in each page."""

import base64
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from gs.profile.status.site.notification import Wording
from gs.profile.status.site.notification.catalogues import catalogue_of
from gs.profile.status.site.text import line

_SHEET: Final = "pages.css"
_LONGEST_TITLE: Final = 100


def render(wording: Wording, template: str, **values: object) -> str:
    """Return a page in the language of *wording*."""
    environment = _environment(wording.locale.language)
    return environment.get_template(template).render(language=wording.tag, **values)


@cache
def style_hash() -> str:
    """Return the style sheet's hash as a Content-Security-Policy names it (CSP 3, 2.3.1)."""
    return f"sha256-{base64.b64encode(sha256(_style().encode()).digest()).decode()}"


# A language, not a wording: of regions, and so of wordings, there are too many to keep.
@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    install: Any = environment.install_gettext_translations  # type: ignore[attr-defined] # of i18n
    install(catalogue_of(language), newstyle=True)
    environment.filters["title"] = _title
    environment.globals["style"] = Markup(_style())  # noqa: S704 - a file of our own
    return environment


@cache
def _style() -> str:
    # Without its first line, which is about the file.
    return _read(_SHEET).partition("\n")[2]


def _read(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text("utf-8")


def _title(text: str) -> str:
    return line(text, _LONGEST_TITLE)

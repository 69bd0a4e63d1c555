# SPDX-License-Identifier: MIT
"""The templates: read, styled and compiled once, then filled in for each notification."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache, partial
from importlib.resources import files
from typing import Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined, pass_eval_context, select_autoescape
from jinja2.nodes import EvalContext
from markupsafe import Markup

from . import links, styles
from .contents import GroupSection
from .harmless import runs_right_to_left
from .news import as_text
from .wording import ENGLISH, Wording
from .wrapping import underlined, wrap

_SHEET: Final = "notification.css"
_MEDIA: Final = "media.css"
_STYLED: Final = ("notification.html", "group.html", "reader.html", "parts.html")
_TEMPLATES: Final = (*_STYLED, "page.html", "notification.txt", "group.txt", "reader.txt")
_INDENT: Final = re.compile(r"\n\s+")


def text(wording: Wording, **values: object) -> str:
    """Return the notification as plain text in 78 columns."""
    return wrap(_filled(wording, "notification.txt", values))


def html(wording: Wording, **values: object) -> str:
    """Return the notification as an HTML page whose styles are in its elements."""
    return _filled(wording, "notification.html", values)


def page(**values: object) -> str:
    """Return the page that shows a whole mail, for looking at it."""
    return _filled(ENGLISH, "page.html", values)


def _filled(wording: Wording, template: str, values: Mapping[str, object]) -> str:
    return _environment(wording).get_template(template).render(values)


@lru_cache(maxsize=1024)
def _group_section(wording: Wording, template: str, group: GroupSection, month: str) -> str:
    # Most members of a group read the same of it, and it is two thirds of the cost of a mail.
    return _filled(wording, template, {"group": group, "month": month}).lstrip()


@cache
def _environment(wording: Wording) -> Environment:
    environment = Environment(
        loader=DictLoader(_sources()),
        autoescape=select_autoescape(enabled_extensions=("html",)),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    _translate(environment, wording)
    environment.filters |= {
        "bidi": _isolated,
        "number": wording.number,
        "underlined": underlined,
        "as_text": as_text,
    }
    environment.globals |= {
        "group_section": partial(_group_section, wording),
        "mail": links.mail,
        "media": styles.compact(_read(_MEDIA)),
        "tab": "\t",
    }
    return environment


def _translate(environment: Environment, wording: Wording) -> None:
    install: Any = environment.install_gettext_translations  # type: ignore[attr-defined] # of i18n
    install(wording.catalogue, newstyle=True)


@cache
def _sources() -> dict[str, str]:
    declared, kept = styles.rules(_read(_SHEET)), styles.classes(_read(_MEDIA))
    sources = {name: _read(name) for name in _TEMPLATES}
    for name in _STYLED:
        styled = styles.inline(sources[name], declared, kept)
        sources[name] = _INDENT.sub("\n", styled)
    return sources


def _read(name: str) -> str:
    return files("gs.profile.status.site").joinpath("templates", name).read_text("utf-8")


@pass_eval_context
def _isolated(context: EvalContext, value: str) -> str:
    if not runs_right_to_left(value):
        return value
    if context.autoescape:
        return Markup("<bdi>{}</bdi>").format(value)
    return f"\u2068{value}\u2069"

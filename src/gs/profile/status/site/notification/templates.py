# SPDX-License-Identifier: MIT
"""The templates: read, styled and compiled once, then spoken in any language."""

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, cast

from jinja2 import (
    BytecodeCache,
    DictLoader,
    Environment,
    StrictUndefined,
    Template,
    pass_context,
)
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from markupsafe import Markup, escape

from gs.profile.status.site import links
from gs.profile.status.site.text import runs_right_to_left

from . import styles
from .catalogues import catalogue_of
from .news_text import as_text
from .plaintext import underlined
from .speaking import teach

if TYPE_CHECKING:
    from types import CodeType

    from .languages import Wording

_SHEET: Final = "notification.css"
_MEDIA: Final = "media.css"
_STYLED: Final = (
    "notification.html",
    "group.html",
    "rest.html",
    "own.html",
    "reader.html",
    "parts.html",
)
_TEXTS: Final = ("notification.txt", "group.txt", "rest.txt", "reader.txt", "parts.txt")
_TEMPLATES: Final = (*_STYLED, "page.html", *_TEXTS)
_INDENT: Final = re.compile(r"\n\s+")
_BREAKABLE: Final = re.compile(r"(?<=@)|(?=[.])")


@cache
def template(language: str, name: str) -> Template:
    """Return a template that speaks a *language* of the site.

    Where it has numbers it is filled in with a ``wording``, which writes them as in its region.
    """
    # By language: of regions, and so of wordings, there are too many to keep.
    return _environment(language, html=name.endswith(".html")).get_template(name)


@cache
def _environment(language: str, *, html: bool) -> Environment:
    environment = Environment(
        loader=DictLoader(_sources()),
        autoescape=html,  # noqa: S701 - plain text has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_compiled(html=html),
    )
    teach(environment, catalogue_of(language), html=html)
    environment.filters |= {
        "bidi": _isolated_in_html if html else _isolated,
        "breakable": _breakable,
        "number": _number,
        "underlined": underlined,
        "as_text": as_text,
    }
    environment.globals |= {
        "mail": links.mail,
        # A rule a line: a mail server takes no line of more than 998 octets as it is.
        "media": styles.compact(_read(_MEDIA)).replace("}", "}\n"),
        "tab": "\t",
    }
    return environment


class _Compiled(BytecodeCache):
    """Keeps what was compiled for one language, for the others: it is the same."""

    def __init__(self) -> None:
        self._codes: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the code of a template that was compiled before."""
        bucket.code = self._codes.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        if bucket.code is not None:
            self._codes[bucket.key] = bucket.code


@cache
def _compiled(*, html: bool) -> _Compiled:  # noqa: ARG001 - what escapes is compiled otherwise
    return _Compiled()


@cache
def _sources() -> dict[str, str]:
    declared, kept = styles.rules(_read(_SHEET)), styles.classes(_read(_MEDIA))
    sources = {name: _read(name) for name in _TEMPLATES}
    for name in _STYLED:
        styled = styles.inline(sources[name], declared, kept)
        sources[name] = _INDENT.sub("\n", styled)
    return sources


def _read(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text("utf-8")


@pass_context
def _number(context: Context, value: int) -> str:
    return cast("Wording", context["wording"]).number(value)


def _isolated(value: str) -> str:
    return f"\u2068{value}\u2069" if runs_right_to_left(value) else value


def _isolated_in_html(value: str) -> str:
    return Markup("<bdi>{}</bdi>").format(value) if runs_right_to_left(value) else value


def _breakable(address: str) -> Markup:
    # On a narrow screen an address ends its line at a dot, not in the middle of a word.
    return Markup("<wbr>").join(_BREAKABLE.split(address)) if address else escape(address)

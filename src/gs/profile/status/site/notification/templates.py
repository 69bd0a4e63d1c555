# SPDX-License-Identifier: MIT
"""The templates: read, styled and compiled once, rendered in any language."""

import gettext
import re
from collections.abc import Mapping
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

from .languages import catalogue_of
from .news import as_text
from .plaintext import underlined

if TYPE_CHECKING:
    from types import CodeType

    from .languages import Wording

_SHEET: Final = "notification.css"
_MEDIA: Final = "media.css"
_STYLED: Final = (
    "notification.html",
    "group.html",
    "rest.html",
    "contribution.html",
    "reader.html",
    "parts.html",
)
_TEXTS: Final = ("notification.txt", "group.txt", "rest.txt", "reader.txt", "parts.txt")
_TEMPLATES: Final = (*_STYLED, "page.html", *_TEXTS)
_INDENT: Final = re.compile(r"\n\s+")
_BREAKABLE: Final = re.compile(r"(?<=@)|(?=[.])")
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE: Final = re.compile(r"([^{}]+)\{([^{}]*)\}")
_ELEMENT: Final = re.compile(r'class="([^"]*)"(?: style="([^"]*)")?')
_CLASS: Final = re.compile(r"\.([a-z][a-z0-9-]*)")


@cache
def template(language: str, name: str) -> Template:
    """Return a template in a *language* of the site.

    A template with numbers needs a ``wording``, which formats them for its region.
    """
    # The key is the language, not the wording: there are hundreds of regions.
    return _environment(language, html=name.endswith(".html")).get_template(name)


@cache
def _environment(language: str, *, html: bool) -> Environment:
    environment = Environment(
        loader=DictLoader(_sources()),
        autoescape=html,  # noqa: S701 - plain text needs no escaping
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_compiled(html=html),
    )
    install_translations(environment, catalogue_of(language), html=html)
    environment.filters |= {
        "bidi": _isolated_in_html if html else _isolated,
        "breakable": _breakable,
        "number": _number,
        "underlined": underlined,
        "as_text": as_text,
    }
    environment.globals |= {
        "mail": links.mail,
        # One rule a line: SMTP limits a line to 998 octets.
        "media": compact(_read(_MEDIA)).replace("}", "}\n"),
        "tab": "\t",
    }
    return environment


@cache
def _sources() -> dict[str, str]:
    declared, kept = rules(_read(_SHEET)), classes(_read(_MEDIA))
    sources = {name: _read(name) for name in _TEMPLATES}
    for name in _STYLED:
        styled = inline(sources[name], declared, kept)
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
    # On a narrow screen an address breaks at a dot, not within a word.
    return Markup("<wbr>").join(_BREAKABLE.split(address)) if address else escape(address)


def install_translations(
    environment: Environment, catalogue: gettext.NullTranslations, *, html: bool
) -> None:
    """Make the templates of *environment* use a *catalogue*; all of them are *html*, or none.

    Jinja's own functions decide at each call whether to escape, which took half of the time of a
    mail. Here too, translations are trusted, and the values in them are escaped.
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

    def translate(message: str, **values: object) -> str:
        return pattern(message) % values if values else constant(message)

    def translate_plural(one: str, many: str, count: int, **values: object) -> str:
        return trusted(catalogue.ngettext(one, many, count)) % values

    environment.globals |= {
        "_": translate,
        "gettext": translate,
        "ngettext": translate_plural,
    }


class _Compiled(BytecodeCache):
    """Shares the compiled templates between the languages: the code is the same."""

    def __init__(self) -> None:
        self._codes: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Set the code of a template that was compiled before."""
        bucket.code = self._codes.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        if bucket.code is not None:
            self._codes[bucket.key] = bucket.code


@cache
def _compiled(*, html: bool) -> _Compiled:  # noqa: ARG001 - code that escapes differs
    return _Compiled()


def inline(template: str, declared: Mapping[str, str], kept: frozenset[str]) -> str:
    """Return *template* with the declarations of each element's classes in its style attribute.

    The style of the element itself comes last. Only the classes in *kept* stay, for the rules that
    cannot be inlined. Raises :exc:`KeyError` for a class without a rule.
    """

    def styled(element: re.Match[str]) -> str:
        names = element[1].split()
        missing = next((n for n in names if n not in declared and n not in kept), None)
        if missing is not None:
            raise KeyError(missing)
        style = "".join(declared.get(name, "") for name in names) + (element[2] or "")
        style = style.removesuffix(";")
        stay = " ".join(name for name in names if name in kept)
        attributes = (f'class="{stay}"' if stay else "", f'style="{style}"' if style else "")
        return " ".join(filter(None, attributes))

    return _ELEMENT.sub(styled, template)


def rules(sheet: str) -> dict[str, str]:
    """Return the declarations of each class in *sheet*; each selector has to be one class."""
    declared: dict[str, str] = {}
    for selectors, body in _RULE.findall(_COMMENT.sub("", sheet)):
        for selector in selectors.split(","):
            name = selector.strip().removeprefix(".")
            declared[name] = declared.get(name, "") + compact(body)
    return declared


def classes(sheet: str) -> frozenset[str]:
    """Return the names of all classes in the rules of a *sheet*."""
    return frozenset(_CLASS.findall(_COMMENT.sub("", sheet)))


def compact(sheet: str) -> str:
    """Return *sheet* without comments and redundant white space."""
    text = re.sub(r"\s+", " ", _COMMENT.sub("", sheet))
    return re.sub(r" ?([{}:;,]) ", r"\1", text).strip().replace(" {", "{")

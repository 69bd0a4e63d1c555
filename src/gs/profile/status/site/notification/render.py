# SPDX-License-Identifier: MIT
"""Renders a notification as text and as HTML: a frame, and a section for each group.

The section of a group is rendered once for all readers who see the group in the same way.
"""

import gettext
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, NamedTuple, cast

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
from gs.profile.status.site.model import (
    Contribution,
)
from gs.profile.status.site.text import runs_right_to_left

from .contents import Contents, GroupSection, GroupView, choose_group
from .languages import SOURCE, Wording, catalogue_of
from .news import as_text
from .plaintext import underlined, wrap

if TYPE_CHECKING:
    from types import CodeType


#: The limit of the HTML, in octets. Gmail clips a mail at 102 kB.
_LIMIT: Final = 60_000
#: This number of groups or fewer are always shown in full: they fit into 102 kB.
_FEW: Final = 3
#: The most groups that are shown in a line each, and the octets of such a line.
_LINES: Final = 30
_LINE: Final = 350
#: The marks for the groups of a site and for the reader's contribution. No safe text has them.
_GROUPS: Final = "\0"
_CONTRIBUTION: Final = "\1"
#: A group has a dozen views at most: a reader is shown or not, and an administrator or not. A
#: section takes some 20 kB.
_CACHED: Final = 1024
_BLANK: Final = re.compile(r"\n{2,}")
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


def parts(wording: Wording, contents: Contents, values: Mapping[str, object]) -> tuple[str, str]:
    """Return the notification as plain text in 78 columns, and as HTML of some 60 kB at most.

    The styles of the HTML are in its elements. Both parts show the same groups in the same way.
    """
    frame = _frame(wording, "notification.html", contents, values)
    selected = _select(wording, contents, _LIMIT - len(frame.encode()))
    groups = [one for one, site in zip(selected, contents.sites, strict=True) if site.groups]
    html = _join(frame.split(_GROUPS), (_html(wording, one) for one in groups))
    frame = _frame(wording, "notification.txt", contents, values)
    pieces = [wrap(piece) for piece in frame.split(f"{_GROUPS}\n")]
    return _join(pieces, (_text(wording, one) for one in groups)), html


def page(**values: object) -> str:
    """Return a page that shows a whole mail."""
    return template(SOURCE, "page.html").render(values)


class _Selected(NamedTuple):
    """The groups of a site: those shown in *full*, in a line each, and the number of the others.

    *html* has the sections of the groups in *full*, rendered.
    """

    full: Sequence[GroupSection]
    html: Sequence[str]
    lines: Sequence[GroupSection]
    further: int


def _select(wording: Wording, contents: Contents, limit: int) -> list[_Selected]:
    # The groups with the most posts are shown in full, the next ones in a line each. All keep the
    # order of the contents. The limit is in octets of HTML.
    ranked = [section for site in contents.sites for section in site.groups]
    if len(ranked) > _FEW:
        ranked.sort(key=lambda section: section.view.activity.figures.posts, reverse=True)
    fitting = _render_fitting(wording, ranked, limit)
    # By identity: two groups may look the same.
    html = {id(section): one for section, one in zip(ranked, fitting, strict=False)}
    lines = set(map(id, ranked[len(fitting) : len(fitting) + _LINES]))
    return [_split(site.groups, html, lines) for site in contents.sites]


def _render_fitting(wording: Wording, ranked: Sequence[GroupSection], limit: int) -> list[str]:
    fitting: list[str] = []
    for rest, section in zip(reversed(range(len(ranked))), ranked, strict=True):
        html = _section_html(wording, section)
        if len(ranked) > _FEW:
            limit -= len(html.encode())
            if limit < _LINE * min(rest, _LINES):
                break
        fitting.append(html)
    return fitting


def _split(
    groups: Sequence[GroupSection], html: Mapping[int, str], lines: Collection[int]
) -> _Selected:
    full = [group for group in groups if id(group) in html]
    brief = [group for group in groups if id(group) in lines]
    return _Selected(
        full=full,
        html=[html[id(group)] for group in full],
        lines=brief,
        further=len(groups) - len(full) - len(brief),
    )


def _frame(wording: Wording, name: str, contents: Contents, values: Mapping[str, object]) -> str:
    return template(wording.locale.language, name).render(
        values, contents=contents, groups_mark=_GROUPS
    )


def _join(frame: Sequence[str], groups: Iterable[str]) -> str:
    pieces = [piece for pair in zip(frame, groups, strict=False) for piece in pair]
    return "".join((*pieces, frame[-1]))


def _text(wording: Wording, groups: _Selected) -> str:
    sections = [_section_text(wording, one) for one in groups.full]
    if groups.lines or groups.further:
        sections.append(wrap(_rest(wording, "rest.txt", groups)))
    return "\n\n".join(sections)


def _html(wording: Wording, groups: _Selected) -> str:
    rest = ""
    if groups.lines or groups.further:
        rest = _BLANK.sub("\n", _rest(wording, "rest.html", groups))
    return "".join((*groups.html, rest))


def _rest(wording: Wording, name: str, groups: _Selected) -> str:
    shown = [choose_group(section.view) for section in groups.lines]
    filled = template(wording.locale.language, name)
    return filled.render(wording=wording, groups=shown, further=groups.further).lstrip()


def _section_text(wording: Wording, section: GroupSection) -> str:
    own = section.contribution
    sentence = f"{_contribution_text(wording, own)}\n" if own else ""
    return _view(wording, "group.txt", section.view).replace(f"{_CONTRIBUTION}\n", sentence)


def _section_html(wording: Wording, section: GroupSection) -> str:
    own = section.contribution
    sentence = _contribution_html(wording, own) if own else ""
    return _view(wording, "group.html", section.view).replace(_CONTRIBUTION, sentence)


@lru_cache(maxsize=_CACHED)
def _contribution_text(wording: Wording, own: Contribution) -> str:
    return wrap(wording.contribution(own))


@lru_cache(maxsize=_CACHED)
def _contribution_html(wording: Wording, own: Contribution) -> str:
    own_template = template(wording.locale.language, "contribution.html")
    return own_template.render(contribution=wording.contribution(own))


@lru_cache(maxsize=2 * _CACHED)
def _view(wording: Wording, name: str, view: GroupView) -> str:
    filled = template(wording.locale.language, name).render(
        wording=wording,
        group=choose_group(view),
        month=wording.month(view.period),
        month_before=wording.month(view.period.before()),
        contribution_mark=_CONTRIBUTION,
    )
    return wrap(filled.lstrip()) if name.endswith(".txt") else _BLANK.sub("\n", filled.lstrip())


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

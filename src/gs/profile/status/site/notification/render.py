# SPDX-License-Identifier: MIT
"""The groups of a site, as text and as HTML: a section is rendered once for all who see it so."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from gs.profile.status.site.model import Own

from .choose import choose_group
from .contents import Section, View
from .languages import Wording
from .plaintext import wrap
from .templates import template

_BLANK: Final = re.compile(r"\n{2,}")
# Where the reader's own part belongs. Nothing that is safe to show has it.
_OWN: Final = "\1"
# A group has a dozen views at most, of people who are shown or not, and run it or not; its
# section takes some 20 kB.
_KEPT: Final = 1024


def text(wording: Wording, section: Section) -> str:
    """Return the section of a group as plain text in 78 columns."""
    own = f"{_own_text(wording, section.own)}\n" if section.own else ""
    return _group(wording, "group.txt", section.view).replace(f"{_OWN}\n", own)


def html(wording: Wording, section: Section) -> str:
    """Return the section of a group as HTML whose styles are in its elements."""
    own = _own_html(wording, section.own) if section.own else ""
    return _group(wording, "group.html", section.view).replace(_OWN, own)


def rest_text(wording: Wording, rest: Iterable[Section], further: int) -> str:
    """Return the *rest* of the groups as plain text, a line each, and how many *further* ones."""
    return wrap(_rest(wording, "rest.txt", rest, further))


def rest_html(wording: Wording, rest: Iterable[Section], further: int) -> str:
    """Return the *rest* of the groups as HTML, a line each, and how many *further* ones."""
    return _BLANK.sub("\n", _rest(wording, "rest.html", rest, further))


def _rest(wording: Wording, name: str, rest: Iterable[Section], further: int) -> str:
    groups = [choose_group(section.view) for section in rest]
    filled = template(wording.locale.language, name)
    return filled.render(wording=wording, groups=groups, further=further).lstrip()


@lru_cache(maxsize=_KEPT)
def _own_text(wording: Wording, own: Own) -> str:
    return wrap(wording.own(own))


@lru_cache(maxsize=_KEPT)
def _own_html(wording: Wording, own: Own) -> str:
    return template(wording.locale.language, "own.html").render(own=wording.own(own))


@lru_cache(maxsize=2 * _KEPT)
def _group(wording: Wording, name: str, view: View) -> str:
    filled = template(wording.locale.language, name).render(
        wording=wording,
        group=choose_group(view),
        month=wording.month(view.period),
        month_before=wording.month(view.period.before()),
        own_mark=_OWN,
    )
    return wrap(filled.lstrip()) if name.endswith(".txt") else _BLANK.sub("\n", filled.lstrip())

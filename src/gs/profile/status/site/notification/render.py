# SPDX-License-Identifier: MIT
"""The text and the HTML of a notification: a frame, and the sections of its groups."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from gs.profile.status.site.model import Own

from .choose import choose_group
from .contents import Contents, GroupViewKey, Section
from .languages import SOURCE, Wording
from .plaintext import wrap
from .templates import template

_BLANK: Final = re.compile(r"\n{2,}")
# Where the reader's own part belongs. Nothing that is safe to show has it.
_OWN: Final = "\1"
# A group has a dozen views at most, of people who are shown or not, and run it or not; its
# section takes some 20 kB.
_KEPT: Final = 1024


def section_text(wording: Wording, section: Section) -> str:
    """Return the section of a group as plain text in 78 columns."""
    own = f"{_own_text(wording, section.own)}\n" if section.own else ""
    return _group(wording, "group.txt", section.view).replace(f"{_OWN}\n", own)


def section_html(wording: Wording, section: Section) -> str:
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
def _group(wording: Wording, name: str, view: GroupViewKey) -> str:
    filled = template(wording.locale.language, name).render(
        wording=wording,
        group=choose_group(view),
        month=wording.month(view.period),
        month_before=wording.month(view.period.before()),
        own_mark=_OWN,
    )
    return wrap(filled.lstrip()) if name.endswith(".txt") else _BLANK.sub("\n", filled.lstrip())


# So few always have room: Gmail cuts a mail off at 102 kB, not at the 60 that ours are to have.
_FEW: Final = 3
# So many more are told in a line each, which takes so many octets.
_LINES: Final = 30
_LINE: Final = 350


class Arrangement(NamedTuple):
    """The groups of a site: told in *full*, told in a line each, and how many are only counted.

    *html* has the sections of those that are told in full, rendered.
    """

    full: Sequence[Section]
    html: Sequence[str]
    lines: Sequence[Section]
    further: int


def arrange(wording: Wording, contents: Contents, room: int) -> list[Arrangement]:
    """Return how much is told of the groups of each site: *room* octets of HTML are for them.

    Those with the most posts in the month are told in full, the next in a line each. What is told
    in the same way is in the order of *contents*.
    """
    ranked = [section for site in contents.sites for section in site.groups]
    if len(ranked) > _FEW:
        ranked.sort(key=_posts, reverse=True)
    full = _fitting(wording, ranked, room)
    # By identity: two groups may look the same.
    html = {id(section): one for section, one in zip(ranked, full, strict=False)}
    lines = set(map(id, ranked[len(full) : len(full) + _LINES]))
    return [_arranged(site.groups, html, lines) for site in contents.sites]


def _arranged(
    groups: Sequence[Section], html: Mapping[int, str], lines: Collection[int]
) -> Arrangement:
    full = [group for group in groups if id(group) in html]
    brief = [group for group in groups if id(group) in lines]
    return Arrangement(
        full=full,
        html=[html[id(group)] for group in full],
        lines=brief,
        further=len(groups) - len(full) - len(brief),
    )


def _fitting(wording: Wording, ranked: Sequence[Section], room: int) -> list[str]:
    fitting: list[str] = []
    for rest, section in zip(reversed(range(len(ranked))), ranked, strict=True):
        html = section_html(wording, section)
        if len(ranked) > _FEW:
            room -= len(html.encode())
            if room < _LINE * min(rest, _LINES):
                break
        fitting.append(html)
    return fitting


def _posts(section: Section) -> int:
    return section.view.activity.thing.figures.posts


# Where the groups of a site belong. Nothing that is safe to show has it.
_GROUPS: Final = "\0"
# Of the HTML, in octets. Gmail cuts a mail off at 102 kB.
_ROOM: Final = 60_000


def parts(wording: Wording, contents: Contents, values: Mapping[str, object]) -> tuple[str, str]:
    """Return the notification as plain text in 78 columns, and as HTML of some 60 kB at most.

    The HTML has its styles in its elements. Both tell the same of the same groups.
    """
    frame = _frame(wording, "notification.html", contents, values)
    arranged = arrange(wording, contents, _ROOM - len(frame.encode()))
    groups = [each for each, site in zip(arranged, contents.sites, strict=True) if site.groups]
    html = _woven(frame.split(_GROUPS), (_html(wording, one) for one in groups))
    frame = _frame(wording, "notification.txt", contents, values)
    pieces = [wrap(piece) for piece in frame.split(f"{_GROUPS}\n")]
    return _woven(pieces, (_text(wording, one) for one in groups)), html


def page(**values: object) -> str:
    """Return the page that shows a whole mail, for looking at it."""
    return template(SOURCE, "page.html").render(values)


def _frame(wording: Wording, name: str, contents: Contents, values: Mapping[str, object]) -> str:
    return template(wording.locale.language, name).render(
        values, contents=contents, groups_mark=_GROUPS
    )


def _woven(frame: list[str], groups: Iterable[str]) -> str:
    woven = [piece for pair in zip(frame, groups, strict=False) for piece in pair]
    return "".join((*woven, frame[-1]))


def _text(wording: Wording, groups: Arrangement) -> str:
    told = [section_text(wording, each) for each in groups.full]
    if groups.lines or groups.further:
        told.append(rest_text(wording, groups.lines, groups.further))
    return "\n\n".join(told)


def _html(wording: Wording, groups: Arrangement) -> str:
    rest = ""
    if groups.lines or groups.further:
        rest = rest_html(wording, groups.lines, groups.further)
    return "".join((*groups.html, rest))

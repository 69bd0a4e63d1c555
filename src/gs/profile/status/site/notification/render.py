# SPDX-License-Identifier: MIT
"""The text and the HTML of a notification: a frame, and a section for each group.

The section of a group is rendered once for all readers who see the group in the same way.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from gs.profile.status.site.model import Contribution

from .choose import choose_group
from .contents import Contents, GroupSection, GroupView
from .languages import SOURCE, Wording
from .plaintext import wrap
from .templates import template

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


def _frame(wording: Wording, name: str, contents: Contents, values: Mapping[str, object]) -> str:
    return template(wording.locale.language, name).render(
        values, contents=contents, groups_mark=_GROUPS
    )


def _join(frame: Sequence[str], groups: Iterable[str]) -> str:
    pieces = [piece for pair in zip(frame, groups, strict=False) for piece in pair]
    return "".join((*pieces, frame[-1]))


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

# SPDX-License-Identifier: MIT
"""Chooses which groups there is room for: those of most people, the liveliest of thirty."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from . import render
from .contents import Contents, Section
from .languages import Wording

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
        html = render.html(wording, section)
        if len(ranked) > _FEW:
            room -= len(html.encode())
            if room < _LINE * min(rest, _LINES):
                break
        fitting.append(html)
    return fitting


def _posts(section: Section) -> int:
    return section.view.activity.thing.figures.posts

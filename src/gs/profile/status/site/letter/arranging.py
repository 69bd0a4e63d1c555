# SPDX-License-Identifier: MIT
"""Chooses which groups there is room for: those of most people, the liveliest of thirty."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from . import sections
from .contents import Contents, Section
from .wording import Wording

# So few always have room: Gmail cuts a mail off at 102 kB, not at the 60 that ours are to have.
_FEW: Final = 3
# So many more are told in a line each, which takes so many octets.
_LINES: Final = 30
_LINE: Final = 350


class Arrangement(NamedTuple):
    """The groups of a site: told *full*, told in a line each, and how many are only counted."""

    full: Sequence[Section]
    lines: Sequence[Section] = ()
    further: int = 0


def arrange(wording: Wording, contents: Contents, room: int) -> list[Arrangement]:
    """Return how much is told of the groups of each site: *room* octets of HTML are for them.

    Those with the most posts in the month are told in full, the next in a line each. What is told
    in the same way is in the order of *contents*.
    """
    everything = [section for site in contents.sites for section in site.groups]
    if len(everything) <= _FEW:
        return [Arrangement(site.groups) for site in contents.sites]
    ranked = sorted(everything, key=_posts, reverse=True)
    full = _fitting(wording, ranked, room)
    # By identity: two groups may look the same.
    rank = {id(section): number for number, section in enumerate(ranked)}
    return [_arranged(site.groups, rank, full) for site in contents.sites]


def _arranged(groups: Sequence[Section], rank: Mapping[int, int], full: int) -> Arrangement:
    told = [group for group in groups if rank[id(group)] < full + _LINES]
    return Arrangement(
        full=[group for group in told if rank[id(group)] < full],
        lines=[group for group in told if rank[id(group)] >= full],
        further=len(groups) - len(told),
    )


def _fitting(wording: Wording, ranked: Sequence[Section], room: int) -> int:
    for rest, section in zip(reversed(range(len(ranked))), ranked, strict=True):
        room -= len(sections.html(wording, section).encode())
        if room < _LINE * min(rest, _LINES):
            return len(ranked) - rest - 1
    return len(ranked)


def _posts(section: Section) -> int:
    return section.view.activity.thing.figures.posts

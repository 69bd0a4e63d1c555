# SPDX-License-Identifier: MIT
"""The two parts of a notification: what its reader alone reads, round the sections of groups."""

from collections.abc import Iterable, Mapping
from typing import Final

from . import render
from .arranging import Arrangement, arrange
from .catalogues import SOURCE
from .contents import Contents
from .languages import Wording
from .plaintext import wrap
from .templates import template

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
    told = [render.text(wording, each) for each in groups.full]
    if groups.lines or groups.further:
        told.append(render.rest_text(wording, groups.lines, groups.further))
    return "\n\n".join(told)


def _html(wording: Wording, groups: Arrangement) -> str:
    rest = ""
    if groups.lines or groups.further:
        rest = render.rest_html(wording, groups.lines, groups.further)
    return "".join((*groups.html, rest))

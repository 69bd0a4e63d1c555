# SPDX-License-Identifier: MIT
"""The two parts of a notification: what all members of a group read is rendered once for them."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from gs.profile.status.site.summary import Own

from .catalogues import SOURCE
from .contents import Contents, Section, View
from .groups import choose_group
from .templating import template
from .wording import Wording
from .wrapping import wrap

_BLANK: Final = re.compile(r"\n{2,}")
# Where a group belongs, and the reader's own part in it. Nothing that is safe to show has them.
_GROUP, _OWN = "\0", "\1"
# A group has a dozen views at most, of people who are shown or not, and run it or not; its
# section takes some 20 kB.
_KEPT: Final = 1024


def text(wording: Wording, contents: Contents, values: Mapping[str, object]) -> str:
    """Return the notification as plain text in 78 columns."""
    frame = _frame(wording, "notification.txt", contents, values).split(f"{_GROUP}\n")
    return _woven(
        [wrap(piece) for piece in frame], [_text(wording, one) for one in _all(contents)]
    )


def html(wording: Wording, contents: Contents, values: Mapping[str, object]) -> str:
    """Return the notification as an HTML page whose styles are in its elements."""
    frame = _frame(wording, "notification.html", contents, values).split(_GROUP)
    return _woven(frame, [_html(wording, one) for one in _all(contents)])


def page(**values: object) -> str:
    """Return the page that shows a whole mail, for looking at it."""
    return template(SOURCE, "page.html").render(values)


def _frame(wording: Wording, name: str, contents: Contents, values: Mapping[str, object]) -> str:
    return template(wording.locale.language, name).render(
        values, contents=contents, group_mark=_GROUP
    )


def _all(contents: Contents) -> list[Section]:
    return [section for site in contents.sites for section in site.groups]


def _woven(frame: list[str], sections: list[str]) -> str:
    woven = [piece for pair in zip(frame, sections, strict=False) for piece in pair]
    return "".join((*woven, frame[-1]))


def _text(wording: Wording, section: Section) -> str:
    own = f"{_own_text(wording, section.own)}\n" if section.own else ""
    return _group(wording, "group.txt", section.view).replace(f"{_OWN}\n", own)


def _html(wording: Wording, section: Section) -> str:
    own = _own_html(wording, section.own) if section.own else ""
    return _group(wording, "group.html", section.view).replace(_OWN, own)


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

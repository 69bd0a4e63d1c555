# SPDX-License-Identifier: MIT
"""Cuts HTML that is too long, and closes what is open there."""

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from .elements import LINES, VOID

_PIECE: Final = re.compile(r'<(/?)([a-z][a-z0-9]*)(?: [^=\s>]+="[^"]*")*>|&#?\w+;|.', re.DOTALL)
_MARK: Final = "…"
_PARAGRAPH: Final = f"<p>{_MARK}</p>"


class _Place(IntEnum):
    """Where HTML can be cut: the lower, the better."""

    BLOCK = 0
    SPACE = 1
    CHARACTER = 2


class _Cut(NamedTuple):
    """So many characters, or octets, are kept, and these elements are open there."""

    end: int
    size: int
    opened: tuple[str, ...]


def cut(html: str, room: int, *, more: bool = False) -> str:
    """Return *html* where it is at most *room* octets long, and else its beginning, with "…".

    It is what a serialiser has written: each element that it opens it closes. It is cut at the
    end of a block; where that would leave little, between two words. *more* says that it is
    itself the beginning of something.
    """
    whole = f"{html}{_PARAGRAPH}" if more else html
    if len(whole.encode()) <= room:
        return whole
    reader = _Reader(room - len(_PARAGRAPH.encode()))
    reader.read(html)
    return _cut_off(html, reader.found, room)


def _cut_off(html: str, found: Mapping[_Place, _Cut], room: int) -> str:
    if not found:
        return ""
    far = [place for place in sorted(found) if found[place].size > room // 2]
    place = far[0] if far else max(found, key=lambda one: found[one].size)
    kept = html[: found[place].end].rstrip()
    closing = _closing(found[place].opened)
    is_block = place is _Place.BLOCK
    return f"{kept}{closing}{_PARAGRAPH}" if is_block else f"{kept}{_MARK}{closing}"


class _Reader:
    """Finds the last place of each kind where a cut leaves at most *room* octets."""

    def __init__(self, room: int) -> None:
        self.found: dict[_Place, _Cut] = {}
        self._room = room
        self._size = 0
        self._closing = 0
        self._opened: list[str] = []

    def read(self, html: str) -> None:
        for piece in _PIECE.finditer(html):
            self._size += len(piece[0].encode())
            if self._size > self._room:
                return
            tag = piece[2]
            if not tag:
                place = _Place.SPACE if piece[0].isspace() else _Place.CHARACTER
                self._note(place, piece.end())
                continue
            self._open_or_close(tag, is_end=bool(piece[1]))
            if tag in LINES and (piece[1] or tag in VOID):
                self._note(_Place.BLOCK, piece.end())

    def _open_or_close(self, tag: str, *, is_end: bool) -> None:
        if is_end:
            self._closing -= len(_closing([self._opened.pop()]))
        elif tag not in VOID:
            self._opened.append(tag)
            self._closing += len(_closing([tag]))

    def _note(self, place: _Place, end: int) -> None:
        if self._size + self._closing <= self._room:
            self.found[place] = _Cut(end, self._size, tuple(self._opened))


def _closing(opened: Sequence[str]) -> str:
    return "".join(f"</{tag}>" for tag in reversed(opened))

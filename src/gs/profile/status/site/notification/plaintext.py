# SPDX-License-Identifier: MIT
"""Plain text in 78 columns; a wide character takes two columns."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from rich.cells import cell_len

WIDTH: Final = 78
_LABEL: Final = 18
_ISOLATE, _END = "\u2068", "\u2069"
_START: Final = re.compile(r" *(?:- )?")
# The scripts that are written without spaces, in two columns a character.
_WIDE: Final = (
    "\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff"
)
# A line can break between any two of them, except before a comma, full stop or closing bracket.
_CLOSING: Final = (
    "\u3001\u3002\u3009\u300b\u300d\u300f\u3011\u3015\u30fc"
    "\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f"
)
_PIECE: Final = re.compile(rf"[{_WIDE}][{_CLOSING}]*|[^{_WIDE}]+")


def wrap(text: str) -> str:
    """Return *text* with each long line broken, and the rest of the line indented.

    A line is a paragraph. The rest is indented to its first word: past its indentation, its dash,
    or its label, which ends with a tab and gets a column of its own. A line has more than 78
    columns only if a single word is longer.
    """
    return "\n".join(map(_wrapped, text.split("\n")))


def underlined(title: str, rule: str) -> str:
    """Return *title* as a heading, with a rule of the same length below."""
    return f"{title}\n{rule * min(cell_len(title), WIDTH)}"


def _wrapped(paragraph: str) -> str:
    start, words = _start(paragraph) if "\t" in paragraph else ("", paragraph)
    # The most frequent case needs no measuring: a character has two columns at most.
    length = len(start) + len(words)
    if length <= (WIDTH if paragraph.isascii() else WIDTH // 2):
        return f"{start}{words}".rstrip()
    start, words = _start(paragraph)
    if cell_len(start) + cell_len(words) <= WIDTH:
        return f"{start}{words}".rstrip()
    return "\n".join(_isolated(_broken(start, words)))


def _start(paragraph: str) -> tuple[str, str]:
    label, tab, words = paragraph.partition("\t")
    if tab:
        return label.ljust(_LABEL), words
    found = _START.match(paragraph)
    end = found.end() if found else 0
    return paragraph[:end], paragraph[end:]


def _broken(start: str, words: str) -> Iterator[str]:
    hanging = " " * cell_len(start)
    row, room = start, WIDTH - cell_len(start)
    empty = True
    for glue, piece in _pieces(words):
        width = cell_len(piece)
        if not empty and len(glue) + width > room:
            yield row
            row, room, empty = hanging, WIDTH - len(hanging), True
        row += piece if empty else f"{glue}{piece}"
        room -= width if empty else len(glue) + width
        empty = False
    yield row


def _isolated(rows: Iterable[str]) -> Iterator[str]:
    # The end of a line ends an isolate (UAX #9), so the isolate begins anew on the next line.
    is_open = False
    for row in rows:
        words = row.lstrip(" ")
        isolated = f"{row[: -len(words)]}{_ISOLATE}{words}" if is_open else row
        is_open = isolated.count(_ISOLATE) > isolated.count(_END)
        yield f"{isolated}{_END}" if is_open else isolated


def _pieces(words: str) -> Iterator[tuple[str, str]]:
    # Only U+0020 ends a word: other spaces, as in "1 234" or before a colon, do not break.
    for word in filter(None, words.split(" ")):
        pieces = [word] if word.isascii() else _PIECE.findall(word)
        yield " ", pieces[0]
        for piece in pieces[1:]:
            yield "", piece

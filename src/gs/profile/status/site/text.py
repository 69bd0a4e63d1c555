# SPDX-License-Identifier: MIT
"""Makes text from outside safe to store and to show, and cuts it to a length.

There is one rule. Control characters become spaces. Invisible characters are removed, also those
that change the direction of the text around them. What is not a character becomes U+FFFD.
"""

import re
import unicodedata
from typing import Final

#: What stands at the end of a text that was cut.
ELLIPSIS: Final = "…"
# Text behind so many times the limit is not read: a title may have 10 MB.
_READ_AHEAD: Final = 10
# A cut between two words must leave this part of the limit, else it is made inside a word.
_LEAST_KEPT: Final = 0.6

# C0 and C1, but for tab and line feed.
_CONTROLS: Final = "\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f"
_ASCII_CONTROLS: Final = {code: " " for code in (*range(0x20), 0x7F) if chr(code) not in "\t\n"}
_LINE_ENDS: Final = "\x85\u2028\u2029"
# The format characters (Cf), but for the two joiners, which words of Persian and of the languages
# of India, and many emoji, need, and for the Arabic and other signs that are visible.
_INVISIBLE: Final = (
    "\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
# Surrogates, the last two code points of each plane, and 32 in the first (Unicode, 23.7).
_NOT_CHARACTERS: Final = "\ud800-\udfff\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_UNSAFE: Final = re.compile(f"[{_CONTROLS}{_LINE_ENDS}{_INVISIBLE}{_NOT_CHARACTERS}]")
# Those of the above that nobody types: controls, what turns text around, what is no character.
_HARMFUL: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
    "\ufffe\uffff]"
)

_JOINER: Final = "\u200d"
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS: Final = range(0x1F1E6, 0x1F200)
_FIRST_RIGHT_TO_LEFT: Final = "\u0590"
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})


def safe_text(text: str, limit: int = 1_000_000) -> str:
    """Return the first *limit* characters of *text*, with line feeds between its lines."""
    text = text[:limit]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        return text.translate(_ASCII_CONTROLS)
    return _UNSAFE.sub(_replacement, text)


def safe_line(text: str, limit: int = 255) -> str:
    """Return *text* as one line of at most *limit* characters, an ellipsis where it was cut."""
    return cut(" ".join(safe_text(text, _READ_AHEAD * limit).split()), limit)


def safe_lines(text: str, limit: int) -> tuple[str, ...]:
    """Return the lines of *text* that are not empty: at most *limit* characters in all."""
    lines = []
    for one in text[: _READ_AHEAD * limit].splitlines():
        line = safe_line(one, limit) if limit > 0 else ""
        if line:
            lines.append(line)
            limit -= len(line)
    return tuple(lines)


def is_harmful(text: str) -> bool:
    """Return whether *text* has control characters, or others that nobody types on purpose."""
    return bool(_HARMFUL.search(text))


def cut(text: str, limit: int) -> str:
    """Return *text*, or its beginning and an ellipsis: at most *limit* characters.

    The cut is made after a word. It is made inside a word that is too long, but never between a
    character and its marks.
    """
    if len(text) <= limit:
        return text
    end = limit - 1
    space = text.rfind(" ", int(end * _LEAST_KEPT), end + 1)
    if space >= 0:
        return text[:space].rstrip(" ,;:.-\u2013\u2014(") + ELLIPSIS
    while end > 1 and not _may_part(text[end - 1], text[end]):
        end -= 1
    return text[:end] + ELLIPSIS


def runs_right_to_left(text: str) -> bool:
    """Return whether *text* could change the direction of the text around it."""
    return not text.isascii() and any(
        unicodedata.bidirectional(character) in _RIGHT_TO_LEFT
        for character in text
        if character >= _FIRST_RIGHT_TO_LEFT
    )


def _replacement(found: re.Match[str]) -> str:
    if found[0] in _LINE_ENDS:
        return "\n"
    return {"Cc": " ", "Cf": ""}.get(unicodedata.category(found[0]), "\ufffd")


def _may_part(before: str, after: str) -> bool:
    # Not all of Unicode's clusters (UAX #29), but all that visibly fall apart.
    if _JOINER in {before, after} or unicodedata.category(after) in {"Mn", "Me", "Mc", "Cf"}:
        return False
    is_flag = ord(before) in _FLAG_LETTERS and ord(after) in _FLAG_LETTERS
    is_pair = "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff"
    return not (is_flag or is_pair or ord(after) in _SKIN_TONES)

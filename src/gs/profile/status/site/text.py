# SPDX-License-Identifier: MIT
"""Text from outside: cleaned, on one line, and cut to a length."""

import re
import unicodedata
from typing import Final

# C0 and C1 but for tab and line feed; what sets the direction of the text around it (an LRM, an
# RLM or a joiner, which Arabic and Hindi need, changes only its neighbours and stays); half
# surrogates; U+FFFE and U+FFFF, which no UTF-8 database has to take.
_UNFIT: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
_LINE_ENDS: Final = re.compile("\r\n?|\u2028|\u2029|\x85")
_SPACES: Final = re.compile(r"\s+")


def text_block(text: str, limit: int = 1_000_000) -> str:
    """Return *text* with line feeds alone between its lines, at most *limit* characters of it."""
    return _UNFIT.sub("", _LINE_ENDS.sub("\n", text[:limit]))


def one_line(text: str, limit: int = 255) -> str:
    """Return *text* as one line of at most *limit* characters, an ellipsis where it was cut."""
    # What is behind ten times the limit is not even looked at: a header may have 10 MB.
    text = _SPACES.sub(" ", text_block(text, 10 * limit)).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


# Words of Persian and of the languages of India, and many emoji, need the two joiners.
_JOINERS: Final = frozenset("\u200c\u200d")
_NONCHARACTERS: Final = frozenset(map(chr, range(0xFDD0, 0xFDF0)))
_PLANE_END: Final = 0xFFFE
# What is behind so many times the limit is not even looked at: a title may have 10 MB.
_LOOKED_AT: Final = 10
_FIRST_RIGHT_TO_LEFT: Final = "\u0590"
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})


def safe_line(text: str, limit: int) -> str:
    """Return *text* as one line of at most *limit* characters, an ellipsis where it was cut.

    Control characters and line ends become spaces; what would turn the direction of the text
    round it, and other invisible characters, go; what is not a character becomes U+FFFD.
    """
    text = text[: _LOOKED_AT * limit]
    if not text.isprintable():
        text = "".join(map(_harmless, text))
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def safe_lines(text: str, limit: int) -> tuple[str, ...]:
    """Return the lines of *text* that are not empty, harmless, *limit* characters in all."""
    found = []
    for one in text[: _LOOKED_AT * limit].splitlines():
        cut = safe_line(one, limit) if limit > 0 else ""
        if cut:
            found.append(cut)
            limit -= len(cut)
    return tuple(found)


def runs_right_to_left(text: str) -> bool:
    """Return whether *text* could turn the direction of the text round it."""
    return not text.isascii() and any(
        unicodedata.bidirectional(character) in _RIGHT_TO_LEFT
        for character in text
        if character >= _FIRST_RIGHT_TO_LEFT
    )


def _harmless(character: str) -> str:
    match unicodedata.category(character):
        case "Cc" | "Zl" | "Zp":
            return " "
        case "Cf" if character not in _JOINERS:
            return ""
        case "Cs":
            return "\ufffd"
        case "Cn" if _is_noncharacter(character):
            return "\ufffd"
        case _:
            return character


def _is_noncharacter(character: str) -> bool:
    # The last two of each plane, and 32 in the middle of the first (Unicode, 23.7).
    return character in _NONCHARACTERS or ord(character) & _PLANE_END == _PLANE_END

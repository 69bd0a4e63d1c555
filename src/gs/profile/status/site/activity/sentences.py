# SPDX-License-Identifier: MIT
"""Splits a paragraph into its sentences; cuts one that is too long where it does little harm."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_END: Final = re.compile(
    r"[.!?\u2026\u061f\u0964\u06d4]+[\"')\]\u00bb\u201d\u2019]*(?=\s)"
    r"|[\u3002\uff01\uff1f]+[\u300d\u300f\u201d\u2019]*"
)
_WHOLE: Final = re.compile(
    r".*[.!?\u2026\u061f\u0964\u06d4\u3002\uff01\uff1f][\"')\]\u00bb\u201d\u2019\u300d\u300f]*",
    re.DOTALL,
)
_LAST_WORD: Final = re.compile(r"\S{1,12}\Z")
# After these, and after an initial, a full stop ends no sentence.
_ABBREVIATION: Final = re.compile(
    r"[(\"'\[]*(?:\w|\w\.\w|etc|vs|cf|ca|al|dr|mr|mrs|ms|prof|st|no|fig|eq|sec|resp|approx|incl"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    r"|bzw|usw|evtl|ggf|vgl|nr|p\.ex|mme|p\.ej|sr|sra|uds?|pp)\.",
    re.IGNORECASE,
)
_ELLIPSIS: Final = "…"
_JOINER: Final = "\u200d"
_TONES: Final = range(0x1F3FB, 0x1F400)
_FLAGS: Final = range(0x1F1E6, 0x1F200)
# A word is not given up for a cut that leaves less than this of what there is room for.
_LEAST_LEFT: Final = 0.6


def sentences(paragraph: str) -> Iterator[str]:
    """Yield the sentences of *paragraph*, with what ends each; the last may have no end."""
    start = 0
    for found in _END.finditer(paragraph):
        if _ends(paragraph, found):
            yield paragraph[start : found.end()].strip()
            start = found.end()
    if rest := paragraph[start:].strip():
        yield rest


def is_whole(sentence: str) -> bool:
    """Return whether *sentence* has an end."""
    return bool(_WHOLE.fullmatch(sentence))


def cut(text: str, limit: int) -> str:
    """Return *text*, or what of it and an ellipsis fits in *limit* characters.

    It is cut behind a word; a word as long as that behind a character with all its marks.
    """
    if len(text) <= limit:
        return text
    end = limit - 1
    space = text.rfind(" ", int(end * _LEAST_LEFT), end + 1)
    if space < 0:
        while end > 1 and not _may_part(text[end - 1], text[end]):
            end -= 1
        return text[:end] + _ELLIPSIS
    return text[:space].rstrip(" ,;:.-\u2013\u2014(") + _ELLIPSIS


def _ends(paragraph: str, found: re.Match[str]) -> bool:
    if not found[0].startswith("."):
        return True
    following = paragraph[found.end() : found.end() + 2].lstrip()
    if following[:1].islower():
        return False
    last = _LAST_WORD.search(paragraph, max(0, found.end() - 12), found.end())
    return last is None or not _ABBREVIATION.fullmatch(last[0])


def _may_part(before: str, after: str) -> bool:
    # Not all of Unicode's clusters (UAX #29), but all that fall apart visibly.
    if _JOINER in {before, after} or unicodedata.category(after) in {"Mn", "Me", "Mc", "Cf"}:
        return False
    return not (
        ord(after) in _TONES or (ord(before) in _FLAGS and ord(after) in _FLAGS)
    ) and not _is_surrogate_pair(before, after)


def _is_surrogate_pair(before: str, after: str) -> bool:
    return "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff"

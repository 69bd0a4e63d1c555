# SPDX-License-Identifier: MIT
"""Finds the singular of a plural that English makes with an "s": both count as one word."""

from typing import Final

_SHORTEST: Final = 5
# "Glass", "virus", "analysis": theirs is not that of a plural.
_NO_PLURAL: Final = ("ss", "us", "is")
_HISSING: Final = ("sses", "xes", "zzes", "ches", "shes")


def singular(word: str) -> str:
    """Return the singular of *word*, in small letters, or *word* where it is none.

    What it returns is to compare with, and not to show: "series" gives "sery". French and
    Spanish make most plurals in the same way.
    """
    if len(word) < _SHORTEST or not word.endswith("s") or word.endswith(_NO_PLURAL):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(_HISSING) else word[:-1]

# SPDX-License-Identifier: MIT
"""Untrusted text: characters that are removed or replaced, and where it is cut."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.text import cut, is_harmful, safe_line, safe_lines, safe_text

# The joiners, and visible signs of Arabic, Syriac and Kaithi.
SHOWN = set("\u200c\u200d\u06dd\u070f\u08e2\U000110bd\U000110cd")
SHOWN |= set(map(chr, range(0x600, 0x606))) | {"\u0890", "\u0891"}


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a\r\nb\rc\x85d\u2028e\u2029f\n", "a\nb\nc\nd\ne\nf\n"),
        ("a\x00b\x1b[31m\x7f\x9fé\tc", "a b [31m  é\tc"),
        ("a\x00b\x1b[31m\x0b\x0cc\td", "a b [31m  c\td"),
        ("abc\u202egnp.exe\u2066\u2069\u202d", "abcgnp.exe"),
        ("a\xadb\u200bc\u200ed\u200fe\u061cf\ufeffg\u2060", "abcdefg"),
        ("a\ud800b\udfffc\ufffed\U0001ffffe\ufdd0", "a\ufffdb\ufffdc\ufffdd\ufffde\ufffd"),
        ("\u0645\u06cc\u200c\u062e 👩\u200d🚀", "\u0645\u06cc\u200c\u062e 👩\u200d🚀"),
        ("\u0603\u06dd", "\u0603\u06dd"),
    ],
)
def test_forbidden_characters_are_removed_or_replaced(text, safe):
    assert safe_text(text) == safe
    assert safe_line(text) == " ".join(safe.split())


def test_invisible_format_characters_are_removed():
    points = map(chr, range(sys.maxunicode + 1))
    formats = [one for one in points if unicodedata.category(one) == "Cf"]
    assert {one for one in formats if safe_text(f"é{one}") != "é"} == SHOWN & set(formats)


@given(st.text(), st.integers(1, 40))
def test_a_safe_line_is_one_line_within_its_limit_and_safe_again(text, limit):
    line = safe_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert safe_line(line, limit) == line
    line.encode()


def test_safe_lines_share_one_limit():
    assert safe_lines("one\n\n\x00\ntwo\nthree", 7) == ("one", "two", "…")


@pytest.mark.parametrize("text", ["a\0", "a\u202e", "\ufeffa", "\ud800", "a\u2028b"])
def test_control_characters_are_harmful(text):
    assert is_harmful(text)


@pytest.mark.parametrize("text", ["", "a\tb\r\nc", "é\u200c\u200d\u200e\xad"])
def test_ordinary_text_is_not_harmful(text):
    assert not is_harmful(text)


def test_a_text_is_cut_after_a_word():
    assert cut("The weir is old", 15) == "The weir is old"
    assert cut("The weir is, old", 15) == "The weir is…"
    assert cut("Donaudampfschifffahrt", 10) == "Donaudamp…"


@pytest.mark.parametrize(
    "whole",
    [
        "e\u0301",
        "\N{FAMILY}\u200d\N{GIRL}",
        "\N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-6}",
        "\N{REGIONAL INDICATOR SYMBOL LETTER F}\N{REGIONAL INDICATOR SYMBOL LETTER R}",
        "\ud83d\udc4d",
    ],
)
def test_a_character_is_not_cut_from_its_marks(whole):
    text = f"{'x' * 8}{whole}{'x' * 8}"
    for limit in range(8, 8 + len(whole) + 2):
        kept = cut(text, limit)
        assert kept in {f"{'x' * (limit - 1)}…", f"{'x' * 8}…", f"{'x' * 8}{whole}…"}
        assert len(kept) <= limit

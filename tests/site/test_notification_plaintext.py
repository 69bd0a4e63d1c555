# SPDX-License-Identifier: MIT
"""Plain text in 78 columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gs.profile.status.site.notification.plaintext import underlined, wrap

WIDE = "\u7530"


@pytest.mark.parametrize(
    ("paragraph", "rows"),
    [
        ("", [""]),
        ("short", ["short"]),
        ("  trailing space goes  ", ["  trailing space goes"]),
        ("a" * 78, ["a" * 78]),
        ("a" * 70 + " " + "b" * 7, ["a" * 70 + " " + "b" * 7]),
        ("a" * 70 + " " + "b" * 8, ["a" * 70, "b" * 8]),
        ("- " + "a" * 70 + " bbbbbb", ["- " + "a" * 70, "  bbbbbb"]),
        ("  " + "a" * 70 + " bbbbbb", ["  " + "a" * 70, "  bbbbbb"]),
        ("To:\tanna", ["To:" + " " * 15 + "anna"]),
        ("To:\t" + "a" * 58 + " bb", ["To:" + " " * 15 + "a" * 58, " " * 18 + "bb"]),
        ("https://" + "u" * 90, ["https://" + "u" * 90]),
        ("- https://" + "u" * 90, ["- https://" + "u" * 90]),
        (WIDE * 39, [WIDE * 39]),
        (WIDE * 40, [WIDE * 39, WIDE]),
        (WIDE * 39 + "\u3002", [WIDE * 38, WIDE + "\u3002"]),
        ("e\u0301" * 78, ["e\u0301" * 78]),
    ],
)
def test_a_paragraph_is_wrapped(paragraph, rows):
    assert wrap(paragraph).split("\n") == rows


def test_isolated_text_is_isolated_in_each_line():
    arabic = "\u0645\u062d\u0645\u062f " * 20
    rows = wrap(f"Authors:\tAnna, \u2068{arabic.strip()}\u2069, Bob").split("\n")
    assert len(rows) == 2
    for row in rows:
        assert row.count("\u2068") == row.count("\u2069") == 1
    assert rows[1].startswith(" " * 18 + "\u2068")
    assert rows[1].endswith("\u2069, Bob")


def test_a_no_break_space_is_kept():
    row = "x" * 70 + " 12\u202f345\u00a0: y"
    assert wrap(row).split("\n") == ["x" * 70, "12\u202f345\u00a0: y"]


def test_each_line_is_its_own_paragraph():
    assert wrap("one\n\ntwo three\n") == "one\n\ntwo three\n"


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=12)))
def test_no_word_is_lost_or_changed(words):
    wrapped = wrap(" ".join(words))
    assert "".join(wrapped.split()) == "".join("".join(words).split())
    assert all(cell_len(row) <= 78 for row in wrapped.split("\n"))


def test_the_underline_has_the_width_of_its_heading():
    assert underlined(WIDE * 3, "=") == f"{WIDE * 3}\n======"
    assert underlined("t" * 100, "-").endswith("\n" + "-" * 78)

# SPDX-License-Identifier: MIT
"""Plain text in 78 columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gs.profile.status.site.wrapping import underlined, wrap

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
        ("To:\tanna", ["To:" + " " * 13 + "anna"]),
        ("To:\t" + "a" * 60 + " bb", ["To:" + " " * 13 + "a" * 60, " " * 16 + "bb"]),
        ("https://" + "u" * 90, ["https://" + "u" * 90]),
        ("- https://" + "u" * 90, ["- https://" + "u" * 90]),
        (WIDE * 39, [WIDE * 39]),
        (WIDE * 40, [WIDE * 39, WIDE]),
        (WIDE * 39 + "\u3002", [WIDE * 38, WIDE + "\u3002"]),
        ("e\u0301" * 78, ["e\u0301" * 78]),
    ],
)
def test_a_paragraph_is_broken_where_it_should_be(paragraph, rows):
    assert wrap(paragraph).split("\n") == rows


def test_each_line_is_a_paragraph_of_its_own():
    assert wrap("one\n\ntwo three\n") == "one\n\ntwo three\n"


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=12)))
def test_no_word_is_lost_or_changed(words):
    wrapped = wrap(" ".join(words))
    assert "".join(wrapped.split()) == "".join("".join(words).split())
    assert all(cell_len(row) <= 78 for row in wrapped.split("\n"))


def test_the_rule_below_a_heading_is_as_long_as_it_looks():
    assert underlined(WIDE * 3, "=") == f"{WIDE * 3}\n======"
    assert underlined("t" * 100, "-").endswith("\n" + "-" * 78)

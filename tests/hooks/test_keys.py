# SPDX-License-Identifier: MIT
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.hooks import NotAKeyError, read_key, read_lifetime, write_key

RUNS = st.from_regex(r"20[0-9]{2}-(0[1-9]|1[0-2])", fullmatch=True)
IDS = st.text(st.characters(), max_size=300)


@given(RUNS, IDS)
def test_a_key_that_is_written_can_be_read(run, member):
    value = write_key(run, member)
    assert value == f'"{read_key(value)}"'
    assert re.fullmatch(r'"[0-9a-f-]{20,80}"', value)


@given(RUNS, RUNS, IDS, IDS)
def test_the_key_differs_by_run_and_member(run, other_run, member, other_member):
    same = (run, member) == (other_run, other_member)
    assert (write_key(run, member) == write_key(other_run, other_member)) is same


def test_the_key_never_changes():
    # If the next version made another key, an upgrade in the middle of a run would mail twice.
    assert write_key("2026-10", "u1") == '"2026-10-bb82030dbc2bcaba32a90bf2e207a84a"'


@pytest.mark.parametrize(
    ("value", "key"),
    [('"a"', "a"), (' "a b" ', "a b"), (r'"a\"b\\c"', 'a"b\\c'), (f'"{"x" * 255}"', "x" * 255)],
)
def test_a_string_of_rfc_8941_is_a_key(value, key):
    assert read_key(value) == key


@pytest.mark.parametrize(
    "value",
    ["", '""', "a", '"a', 'a"', '"a"b', '"ä"', '"a\nb"', r'"\x"', '"a", "b"', f'"{"x" * 256}"'],
)
def test_anything_else_is_not_a_key(value):
    with pytest.raises(NotAKeyError):
        read_key(value)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7776000", 7_776_000), (" 60 ", 60), ("0", 0), ("9" * 18, 100 * 366 * 86_400)],
)
def test_a_lifetime_is_seconds(value, seconds):
    assert read_lifetime(value) == seconds


@pytest.mark.parametrize("value", [None, "", "yes", "-1", "1.5", "1e9", "٣", "9" * 19, "60, 60"])
def test_an_invalid_lifetime_is_zero(value):
    assert read_lifetime(value) == 0

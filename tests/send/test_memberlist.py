# SPDX-License-Identifier: MIT
"""The parser of the list of members accepts any split of it, and refuses anything else early."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.send.client.memberlist import MemberListParser
from gs.profile.status.send.errors import ProtocolError
from gs.profile.status.send.text import Token

KIB = 1024


def read(chunks):
    """Return the members in *chunks*; an error gets the number of bytes that were read."""
    listing = MemberListParser(Token("secret"))
    members, taken = [], 0
    try:
        for chunk in chunks:
            taken += len(chunk)
            members += listing.feed(chunk)
        listing.close()
    except ProtocolError as error:
        error.taken = taken
        raise
    return members


def whole(body):
    return [body]


def byte_by_byte(body):
    return [body[at : at + 1] for at in range(len(body))]


def in_threes(body):
    return [body[at : at + 3] for at in range(0, len(body), 3)]


SPLIT = pytest.mark.parametrize("split", [whole, byte_by_byte, in_threes])

TAKEN = [
    (b"[]", []),
    (b" \r\n\t[ ] \n", []),
    (b' \r\n[ "u1" , "u2" ]\n', ["u1", "u2"]),
    (b'["u1", "u1"]', ["u1", "u1"]),
    (b'[""]', [""]),
    (b'["a b", "100%", "+", "/\\/", "\\"", "\\\\"]', ["a b", "100%", "+", "//", '"', "\\"]),
    ('["山田", "ë", "😀"]'.encode(), ["山田", "ë", "😀"]),
    (rb'["\u5c71\u7530", "\u00eb", "\ud83d\ude00", "\uD83D\uDE00"]', ["山田", "ë", "😀", "😀"]),
    (rb'["a\u0000b", "\u001b[2J", "\r\n\t\b\f"]', ["a\0b", "\x1b[2J", "\r\n\t\b\f"]),
    (rb'["\u2028", "\uffff", "\ufeff", "\ue000"]', ["\u2028", "\uffff", "\ufeff", "\ue000"]),
    # An escaped backslash does not begin an escape.
    (rb'["\\ud800", "\\\ud83d\ude00", "\\\\udc00"]', ["\\ud800", "\\😀", "\\\\udc00"]),
    (b'["' + b"x" * 65_536 + b'"]', ["x" * 65_536]),
    (b'["' + rb"\ud83d\ude00" * 999 + b'"]', ["😀" * 999]),
    (b'["u1"' + b" " * 99_999 + b', "u2"]', ["u1", "u2"]),
]


@SPLIT
@pytest.mark.parametrize(("body", "members"), TAKEN)
def test_any_json_string_is_a_member_however_the_list_is_split(body, members, split):
    assert read(split(body)) == members


REFUSED = [
    (b"[1, 2]", "entry 1 of the list is not a string"),
    (b'["u1", null]', "entry 2 of the list is not a string"),
    (b'["u1", true, "u2"]', "entry 2 of the list is not a string"),
    (b'[["u1"]]', "entry 1 of the list is not a string"),
    (b'["u1", "u2", []]', "entry 3 of the list is not a string"),
    (b'["u1", {"id": "u2"}]', "entry 2 of the list is not a string"),
    (b'["u1", "u2", 10, "u4"]', "entry 3 of the list is not a string"),
    (b'["u1", "u2", 1e999, "u4"]', "the JSON is invalid after 2 ID"),
    (b'["u1"] x', "the JSON is invalid after 1 ID"),
    (b'["u1"]["u2"]', "the JSON is invalid after 1 ID"),
    (b'["u1", "u2",]', "the JSON is invalid after 2 IDs"),
    (b'["u1" "u2"]', "the JSON is invalid after 1 ID"),
    (b'["u1", "u\n2"]', "the JSON is invalid after 1 ID"),
    (rb'["u1", "\x"]', "the JSON is invalid after 1 ID"),
    (b'["u1", "u2\xff"]', "the JSON is invalid after 1 ID"),
    (b'["u1", "\xed\xa0\x80"]', "the JSON is invalid after 1 ID"),
    (b'["u1", NaN]', "the JSON is invalid after 1 ID"),
    (b'["u1" /* so far */]', "the JSON is invalid after 1 ID"),
    (b"[" + b"7" * 5000 + b"]", "the JSON is invalid after 0 ID"),
    (b"[", "the JSON is incomplete, after 0 ID"),
    (b'["u1", "u2', "the JSON is incomplete, after 1 ID"),
    (rb'["u1", "\u00', "the JSON is incomplete, after 1 ID"),
    (rb'["u1", "\ud800"]', "entry 2 of the list has a lone surrogate"),
    (rb'["u1", "u2", "\ud800x", "u4"]', "entry 3 of the list has a lone surrogate"),
    (rb'["\ud800\u0041"]', "entry 1 of the list has a lone surrogate"),
    (rb'["\ud800\ud800\udc00"]', "entry 1 of the list has a lone surrogate"),
    (rb'["\udc00"]', "entry 1 of the list has a lone surrogate"),
    (rb'["\udc00\ud800"]', "entry 1 of the list has a lone surrogate"),
    (rb'["\\", "\\\uDFFF"]', "entry 2 of the list has a lone surrogate"),
    (rb'["\\ud83d\ude00"]', "entry 1 of the list has a lone surrogate"),
    (b'["u1", "' + b"x" * 65_537 + b'"]', "entry 2 is too long for an ID"),
]


@SPLIT
@pytest.mark.parametrize(("body", "says"), REFUSED)
def test_anything_but_a_list_of_strings_is_refused_with_the_position(body, says, split):
    with pytest.raises(ProtocolError, match=says):
        read(split(body))


NONE = [
    b"<!DOCTYPE html>",
    b"null",
    b'"u1"',
    b"u1\nu2\n",
    b'\xef\xbb\xbf["u1"]',
    '["u1"]'.encode("utf-16"),
    b"\x1f\x8b\x08\x00",
    b"\x00",
]


@pytest.mark.parametrize("begin", NONE)
def test_the_first_byte_tells_whether_it_is_a_list(begin):
    with pytest.raises(ProtocolError, match="it is not a JSON list") as raised:
        read(itertools.chain(byte_by_byte(begin), itertools.repeat(b"x" * KIB)))
    assert raised.value.taken == 1


ENDLESS = {
    "an ID": (b'["u1", "', b"x" * 16 * KIB, "entry 2 is too long for an ID"),
    "an ID of quotation marks": (b'["u1", "', rb"\"" * 8 * KIB, "entry 2 is too long"),
    "an ID of backslashes": (b'["u1", "', rb"\\" * 8 * KIB, "entry 2 is too long"),
    "an ID of emoji": (b'["u1", "', rb"\ud83d\ude00" * KIB, "entry 2 is too long"),
    "a number": (b'["u1", ', b"7" * 16 * KIB, "entry 2"),
    "white space before it": (b"", b" " * KIB, "it is not a JSON list"),
    "white space in it": (b'["u1"', b" " * KIB, "entry 2 is too long for an ID, or does not end"),
    "white space after it": (
        b'["u1"]',
        b"\n" * KIB,
        "entry 2 is too long for an ID, or does not end",
    ),
    "an object": (b"{", b'"a": "b",' * 100, "it is not a JSON list"),
    "lists in it": (b"", b"[" * KIB, "entry 1 of the list is not a string"),
    "numbers in it": (b"[", b"1, " * 341, "entry 1 of the list is not a string"),
}


@pytest.mark.parametrize(("begin", "repeated", "says"), ENDLESS.values(), ids=ENDLESS)
def test_an_endless_answer_is_refused(begin, repeated, says):
    with pytest.raises(ProtocolError, match=says) as raised:
        read(itertools.chain([begin], itertools.repeat(repeated)))
    assert raised.value.taken < (1100 if begin.startswith(b'["u1"') else 70) * KIB


def test_the_longest_id_may_be_completely_escaped():
    assert read([b'["u1", "', *[rb"\ud83d\ude00" * KIB] * 64, b'"]']) == ["u1", "😀" * 65_536]


def test_a_long_list_may_have_much_white_space():
    entries = [(b" " * 600_000, b'"u%d",' % number) for number in range(9)]
    chunks = [b"[", *itertools.chain.from_iterable(entries), b'"u9"]']
    assert read(chunks) == [f"u{n}" for n in range(10)]


TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"])))


@given(TEXTS, st.booleans(), st.none() | st.integers(0, 2), st.data())
def test_any_list_of_texts_is_read_back(texts, ascii_only, indent, data):
    body = json.dumps(texts, ensure_ascii=ascii_only, indent=indent).encode()
    places = sorted(data.draw(st.sets(st.integers(0, len(body)))))
    edges = itertools.pairwise([0, *places, len(body)])
    assert read([body[begin:end] for begin, end in edges]) == texts


@given(st.lists(st.sampled_from([r"\ud83d", r"\ude00", r"\u0041", "\\\\", r"\"", "u", "d800"])))
def test_a_lone_surrogate_is_never_another_character(parts):
    body = f'["{"".join(parts)}"]'.encode()
    member = json.loads(body)[0]
    if any("\ud800" <= character <= "\udfff" for character in member):
        with pytest.raises(ProtocolError, match="entry 1 of the list has a lone surrogate"):
            read([body])
    else:
        assert read([body]) == read(byte_by_byte(body)) == [member]

# SPDX-License-Identifier: MIT
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.subjects import NO_SUBJECT, find_tag, strip_prefixes

PREFIXES = st.lists(
    st.sampled_from(["Re: ", "RE:", "re[2]: ", "AW: ", "Fwd: ", "[EXT] ", "WG: ", "[R-sig-Geo] "])
)


@pytest.mark.parametrize(
    ("subject", "title", "reply"),
    [
        ("[R-sig-Geo] A map", "A map", False),
        ("Re: [R-sig-Geo] A map", "A map", True),
        ("[R-sig-Geo] Re: A map", "A map", True),
        ("[r-SIG-geo]   RE:A map", "A map", True),
        ("Re: Aw: SV: Re[4]: A map", "A map", True),
        ("Fwd: A map", "A map", False),
        ("[PATCH] A map", "[PATCH] A map", False),
        ("[R-sig-Geo] [External] A map", "A map", False),
        ("[EXT] Re: [R-sig-Geo] A map", "A map", True),
        ("RE: [EXTERNAL EMAIL]: [R-sig-Geo] A map", "A map", True),
        ("Antwort: [Extern] WG: A map", "A map", True),
        ("TR : RV: A map", "A map", False),
        ("Rif: R: A map", "R: A map", True),
        ("VS: SV: Odp: A map", "A map", True),
        ("Re[2]: Re(3): Re^4: Re*5: Re6: A map", "A map", True),
        ("回复：转发: A map", "A map", True),
        ("Экстерьер: A map", "Экстерьер: A map", False),
        ("Refs: maps", "Refs: maps", False),
        ("Trains: maps", "Trains: maps", False),
        ("[Extending] A map", "[Extending] A map", False),
        ("Regarding: a map", "Regarding: a map", False),
        ("Reply: maps", "Reply: maps", False),
        ("[R-sig-Geo] ", NO_SUBJECT, False),
        ("", NO_SUBJECT, False),
        ("Re:", NO_SUBJECT, True),
        ("答复: 地图", "地图", True),
        ("A\r\n folded\x00 \u202emap", "A folded map", False),
    ],
)
def test_a_title_is_what_stands_behind_the_prefixes(subject, title, reply):
    assert strip_prefixes(subject, "R-sig-Geo") == (title, reply)


def test_without_a_tag_brackets_belong_to_the_title():
    assert strip_prefixes("[R-sig-Geo] A map") == ("[R-sig-Geo] A map", False)


@given(PREFIXES, st.text(st.characters(categories=["L"]), min_size=1, max_size=40))
def test_prefixes_make_no_difference_to_the_title(prefixes, title):
    subject = "".join(prefixes) + title
    assert strip_prefixes(subject, "R-sig-Geo")[0] == strip_prefixes(title, "R-sig-Geo")[0]


@given(st.text(), st.text(max_size=10))
def test_what_has_been_stripped_has_no_prefix_left(subject, tag):
    title, _ = strip_prefixes(subject, tag)
    assert title
    assert len(title) <= 255
    assert title == NO_SUBJECT or strip_prefixes(title, tag)[0] == title


@pytest.mark.parametrize(
    ("subject", "tag"),
    [
        ("Re: [Rd] x", "Rd"),
        ("[Rd] Re: x", "Rd"),
        ("[EXT] AW: [External] [Rd] x", "Rd"),
        ("x [Rd]", ""),
        ("", ""),
        (f"[{'x' * 99}] y", ""),
    ],
)
def test_the_tag_is_found_in_front(subject, tag):
    assert find_tag(subject) == tag

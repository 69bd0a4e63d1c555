# SPDX-License-Identifier: MIT
"""Subject prefixes in many languages: one rule for the importer and the keywords."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.subjects import find_tag, strip_prefixes

PREFIXES = st.lists(
    st.sampled_from(["Re: ", "RE:", "re[2]: ", "AW: ", "Fwd: ", "[EXT] ", "WG: ", "[R-sig-Geo] "]),
    max_size=16,
)


@pytest.mark.parametrize(
    ("language", "replies", "forwards"),
    [
        ("English", ["Re: ", "RE:", "re[2]: ", "Re(3): ", "Re^4: ", "Re*5: "], ["Fw: ", "Fwd: "]),
        ("German", ["AW: ", "Antw: ", "Antwort: "], ["WG: ", "Weitergeleitet: "]),
        ("French", ["Rép: ", "RE : "], ["TR : "]),
        ("Spanish", ["RE: "], ["RV: "]),
        ("Portuguese", ["RES: "], ["ENC: "]),
        ("Italian", ["Rif: "], []),
        ("Dutch", ["Antw: "], ["Doorst: "]),
        ("Scandinavian", ["SV: ", "SVAR: "], ["VB: ", "FS: "]),
        ("Finnish", ["VS: "], ["VL: "]),
        ("Polish", ["Odp: "], ["PD: "]),
        ("Turkish", ["YNT: "], ["İLT: "]),
        ("Hungarian", ["Vá: "], ["Továbbítás: "]),
        ("Greek", ["ΑΠ: ", "ΣΧΕΤ: "], ["ΠΡΟΏΘ: "]),
        ("Russian", ["Отв: "], []),
        ("Icelandic and Welsh", ["BLS: ", "ATB: "], []),
        ("Chinese", ["回复：", "回覆: ", "答复: ", "答覆："], ["转发：", "轉寄: "]),
        ("Japanese", ["返信: "], []),
        ("Korean", ["답장: ", "회신: "], ["전달: "]),
    ],
)
def test_replies_and_forwards_of_each_language_are_prefixes(language, replies, forwards):
    assert language
    for prefix in replies:
        assert strip_prefixes(f"{prefix}A map") == ("A map", True)
    for prefix in forwards:
        assert strip_prefixes(f"{prefix}A map") == ("A map", False)


@pytest.mark.parametrize(
    "marker",
    [
        *("[EXT] ", "[External] ", "[EXTERNAL EMAIL]: ", "[Extern]", "[External Sender] "),
        *("(EXT) ", "(external)", "EXT: ", "EXTERNAL: "),
    ],
)
def test_the_markers_of_mail_from_outside_are_prefixes(marker):
    assert strip_prefixes(f"{marker}A map") == ("A map", False)
    assert strip_prefixes(f"{marker}Re: A map") == ("A map", True)
    assert strip_prefixes(f"Re: {marker}A map") == ("A map", True)


@pytest.mark.parametrize(
    "subject",
    [
        # Italian replies and forwards, but also subjects: R is a programming language.
        "R: how do I draw a map",
        "I: one, you: none",
        # A marker without brackets is in capitals.
        "External: the new wall",
        "ext: a map",
        "(extra) maps",
        "[Extending] A map",
        # Other brackets than the list tag belong to the subject.
        "[PATCH] A map",
        "Weir [old]",
        "The weir: gone",
        "Refs: maps",
        "Trains: maps",
        "Regarding: a map",
        "Reply: maps",
        "Rest: none",
        "Refusal",
        "Экстерьер: A map",
        "",
    ],
)
def test_other_words_are_kept(subject):
    assert strip_prefixes(subject, "R-sig-Geo") == (subject, False)


@pytest.mark.parametrize(
    ("subject", "title", "is_reply"),
    [
        ("[R-sig-Geo] A map", "A map", False),
        ("Re: [R-sig-Geo] A map", "A map", True),
        ("[R-sig-Geo] Re: A map", "A map", True),
        ("[r-SIG-geo]   RE:A map", "A map", True),
        ("Re: Aw: SV: Re[4]: A map", "A map", True),
        ("[R-sig-Geo] [External] A map", "A map", False),
        ("[EXT] Re: [R-sig-Geo] A map", "A map", True),
        ("RE: [EXTERNAL EMAIL]: [R-sig-Geo] A map", "A map", True),
        ("[R-sig-Geo] [R-sig-Geo] [PATCH] A map", "[PATCH] A map", False),
        ("Rif: R: A map", "R: A map", True),
        ("[R-sig-Geo] ", "", False),
        ("Re:", "", True),
        ("A\r\n folded\x00 \u202emap", "A folded map", False),
    ],
)
def test_the_tag_of_the_list_is_removed_among_the_prefixes(subject, title, is_reply):
    assert strip_prefixes(subject, "R-sig-Geo") == (title, is_reply)


def test_brackets_belong_to_the_title_without_a_tag():
    assert strip_prefixes("[R-sig-Geo] A map") == ("[R-sig-Geo] A map", False)


@given(PREFIXES, st.text(st.characters(categories=["L"]), min_size=1, max_size=40))
def test_prefixes_make_no_difference_to_the_title(prefixes, title):
    subject = "".join(prefixes) + title
    assert strip_prefixes(subject, "R-sig-Geo")[0] == strip_prefixes(title, "R-sig-Geo")[0]


@given(st.text(), st.text(max_size=10))
def test_a_stripped_subject_has_no_prefix(subject, tag):
    title, _ = strip_prefixes(subject, tag)
    assert len(title) <= 255
    assert strip_prefixes(title, tag)[0] == title


def test_a_subject_of_prefixes_only_is_stripped_quickly():
    assert strip_prefixes("Re: " * 1_000_000)[1]


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
def test_the_tag_is_read_from_the_front(subject, tag):
    assert find_tag(subject) == tag

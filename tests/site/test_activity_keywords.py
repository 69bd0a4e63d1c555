# SPDX-License-Identifier: MIT
"""The keywords of a month, and the prose that they are taken from."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.activity.keywords import find_keywords
from gs.profile.status.site.activity.prose import prose
from gs.profile.status.site.model import Grade
from limits import LIMIT


def words(month, older=(), names=()):
    return [keyword.word for keyword in find_keywords(month, older, names)]


def test_a_word_that_is_frequent_now_and_was_rare_before_comes_first():
    older = [f"The garden meeting number {'abcdefgh'[n]} was long" for n in range(8)]
    month = ["blight in the garden", "more blight", "the garden has blight", "garden", "a meeting"]
    assert words(month, older)[0] == "blight"


def test_a_word_of_a_single_post_is_not_a_keyword_among_many_posts():
    month = ["tulip tulip tulip tulip", *(f"weir {word}" for word in ["ab", "cd", "ef", "gh"])]
    assert words(month) == ["weir"]


def test_few_posts_have_keywords_if_a_word_comes_twice():
    assert words(["the weir, the weir and the sluice"]) == ["weir"]


def test_empty_posts_have_no_keywords():
    assert find_keywords([], []) == ()
    assert find_keywords(["", "  \n", "> quoted"], ["older"]) == ()


@pytest.mark.parametrize(
    "unfit",
    [
        "a" * 32,
        "jane@example.org",
        "www.example.org",
        "https://x.example/weir",
        "x86",
        "it",
        "the",
    ],
)
def test_a_string_that_is_not_a_word_is_not_a_keyword(unfit):
    assert words([f"{unfit} the weir", f"a weir {unfit}", unfit]) == ["weir"]


def test_a_word_of_31_letters_can_be_a_keyword():
    assert words([f"{'a' * 31} {'a' * 31}"]) == ["a" * 31]


def test_stop_words_of_several_languages_are_left_out():
    month = ["Danke für die Blumen und die Bienen", "merci pour les Blumen et les Bienen"]
    assert sorted(words([*month, "gracias por las Blumen y las Bienen"])) == ["Bienen", "Blumen"]


def test_names_of_members_are_left_out_unless_they_are_usual_words():
    month = ["We saw Rosa in winter", "In winter we met Rosa", "Ask Rosa before winter"]
    assert words(month, names=["Rosa Winter"]) == ["winter"]


def test_a_word_is_spelled_as_it_mostly_is_within_sentences():
    month = ["Compost is here. Compost!", "our compost with GDAL", "GDAL and compost"]
    assert sorted(words(month)) == ["GDAL", "compost"]


def test_grades_decrease_and_the_first_is_bold():
    month = [
        " ".join(f"{a}{b}{a}" for a in "bcdfghklmn" for b in "xz"[: 1 + n % 2]) for n in range(6)
    ]
    grades = [keyword.grade for keyword in find_keywords(month, [])]
    order = [Grade.BOLD, Grade.NORMAL, Grade.MUTED]
    assert grades[0] is Grade.BOLD
    assert set(grades) == set(order)
    assert grades == sorted(grades, key=order.index)


def test_the_order_of_the_posts_does_not_change_the_order_of_the_words():
    month = ["weir sluice", "sluice weir", "bank weir sluice", "bank"]
    assert find_keywords(month, []) == find_keywords(month[::-1], [])


def test_a_repeated_line_is_a_signature():
    month = [
        f"The {word} of the weir\nPlum Institute, Plumtown" for word in ("edge", "top", "foot")
    ]
    assert words(month) == ["weir"]


@given(st.lists(st.text(), max_size=6), st.lists(st.text(), max_size=6))
def test_any_text_gives_words_that_may_be_shown(month, older):
    for keyword in find_keywords(month, older):
        assert 3 <= len(keyword.word) <= 31
        assert "@" not in keyword.word
        assert not any(character.isspace() for character in keyword.word)


@pytest.mark.parametrize(
    "noise",
    [
        "> quoted",
        "  >> quoted",
        "On Tue, 3 Mar 2026 at 10:00, Jane Doe wrote:",
        "Am 3. März schrieb Jane:",
        "Le 3 mars, Jane a écrit :",
        "From: Jane",
        "    indented = code(1)",
        "+ continued",
        "x <- c(1, 2)",
        "}",
        "[[alternative HTML version deleted]]",
        "https://example.org/path",
        "jane at example.org",
        "tpb398 @end|ng |rom @|umn@ku@dk",
        "<b>",
        "snake_case",
        "pkg::function(x)",
        "/etc/passwd",
    ],
)
def test_code_and_tables_are_not_prose(noise):
    assert prose(f"Before.\n{noise}\nAfter.").split() == ["Before.", "After."]


@pytest.mark.parametrize(
    "end",
    [
        "-- ",
        "--",
        "-----Original Message-----",
        "-------------- next part --------------",
        "_______________________________________________",
        "Sent from my telephone",
        "Begin forwarded message:",
    ],
)
def test_text_after_the_end_of_a_post_is_not_prose(end):
    assert prose(f"Mine.\n{end}\nNot mine.") == "Mine."


@pytest.mark.parametrize("begin", ["On Tuesday, Rosa", "Am Dienstag hat\nRosa", "Le mardi, Rosa"])
def test_an_attribution_over_several_lines_is_not_prose(begin):
    assert prose(f"Before.\n\n{begin}\nExample wrote:\nAfter.").split() == ["Before.", "After."]


def test_an_apostrophe_that_an_archive_lost_is_put_back():
    assert prose("We don?t, and it?s fine. Is it? This") == "We don't, and it's fine. Is it? This"


def test_a_huge_line_is_read_quickly():
    assert len(prose("<" * 3_000_000)) <= 2_000
    assert len(prose("a " * 3_000_000)) <= 2_000


@pytest.mark.parametrize(
    "piece",
    ["a", "A.", "a ", "<", "<a", "a@", "w", "www.", "(", "a at ", "; ", "?t", "/", "'a", "-"],
)
@pytest.mark.parametrize("length", [900, 1_000_000])
def test_hostile_posts_are_read_quickly(piece, length):
    line = piece * (length // len(piece))
    started = time.process_time()
    find_keywords(["\n".join([line] * (1_000_000 // length))] * 10, [])
    assert time.process_time() - started < LIMIT / 2


def test_a_name_that_only_begins_sentences_is_left_out_too():
    month = [
        "Katalin has the weir. Katalin!",
        "Katalin, the weir.",
        "Weir. Katalin has it. A weir",
    ]
    assert words(month, names=["Katalin Example"]) == ["weir"]


@pytest.mark.parametrize(
    ("month", "word"),
    [
        (["a package", "the packages", "two packages"], "packages"),
        (["a package", "the package", "two packages"], "package"),
        (
            ["a library", "the library", "many libraries", "no libraries", "all libraries"],
            "libraries",
        ),
        (["all branches", "two branches", "a branch", "no branch", "the branch"], "branch"),
        (["un arbre", "deux arbres", "les arbres"], "arbres"),
    ],
)
def test_a_singular_and_its_plural_are_one_word_as_it_is_mostly_written(month, word):
    assert words(month) == [word]


@pytest.mark.parametrize("pair", [("glas", "glass"), ("viru", "virus"), ("axi", "axis")])
def test_a_word_that_only_ends_like_a_plural_is_not_a_plural(pair):
    assert sorted(words([" ".join(pair)] * 3 + list(pair))) == sorted(pair)


def test_a_name_in_the_plural_is_a_name_too():
    assert words(["The Weirs dig", "Weirs dig", "dig with Weirs"], names=["Rosa Weirs"]) == ["dig"]

# SPDX-License-Identifier: MIT
"""The quotation of a month: its sentences, and what is never quoted."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.site.activity.quotation import (
    LONGEST,
    SHORTEST,
    find_passage,
    sentences,
)
from limits import LIMIT

WORDS = "The allotment behind the weir has been free since the middle of February."
MORE = "Who would like to dig it over before the first of the potatoes have to go in?"


def test_as_many_whole_sentences_as_fit_are_quoted():
    assert find_passage(f"{WORDS} {MORE}") == f"{WORDS} {MORE}"
    assert find_passage(f"{WORDS} {MORE} {WORDS} {MORE}") == f"{WORDS} {MORE} {WORDS}"
    assert find_passage(WORDS.replace(" ", "\n  ")) == WORDS


@pytest.mark.parametrize(
    "greeting",
    [
        "Hi all,\n",
        "Hi all\n\n",
        "Hi all, ",
        "Hello Jane Example!\n",
        "Dear members of the list,\n\n",
        "Good morning,\n",
        "Thanks, Ben.\n",
        "Rosa,\n\n",
        "Hallo zusammen,\n",
        "Liebe Rosa,\n",
        "Sehr geehrte Damen und Herren,\n\n",
        "Bonjour à tous,\n",
        "Chère Rosa,\n",
        "Hola a todos:\n",
        "Estimados amigos:\n\n",
        "Buenos días, ",
    ],
)
def test_a_greeting_is_not_quoted(greeting):
    assert find_passage(greeting + WORDS) == WORDS


@pytest.mark.parametrize(
    "noise",
    [
        "> The potatoes are quoted and have been quoted again and again for many days.",
        "On Tue, 3 Mar 2026 at 10:00, Rosa Example who is away <rosa@x.example>\nwrote:",
        "Am 3. März 2026 um 10 Uhr schrieb Rosa Example, die gerade ganz weit fort ist:",
        "Please look at https://weir.example/ and tell me whether you can see the weir.",
        "Write to Rosa at rosa@weir.example before the end of the month, if you can.",
        "Error in find_the_weir(): there is no weir in this place, nor has there been.",
        "    the indented lines of a post are those of a program and not of a person.",
        "weir <- c(1, 2, 3) and so on and so forth until the end of the program comes.",
        "Look at <b>this weir</b> which is bold and stands beside the other old weir.",
        "My name is Rosa Example and I have been a gardener for more than twelve years.",
        "But that is what the others have said about the weir in all of these years.",
        "and in the middle of a sentence nobody knows what it is that has been said.",
        "- A list of things that have to be done before the potatoes may be planted.",
        "The plan (which is not a very long one has no end to its brackets, alas.",
        "This message is confidential, and nobody may read a word of it or keep it.",
        "Rosa Example, Institute of Plums and Other Fruit, University of Plumtown",
    ],
)
def test_a_sentence_that_depends_on_its_context_is_not_quoted(noise):
    assert find_passage(noise) is None
    assert find_passage(f"{noise}\n\n{WORDS}") == WORDS


@pytest.mark.parametrize(
    "end",
    [
        "-- \n",
        "Cheers,\n",
        "Best regards, Rosa\n",
        "Mit freundlichen Grüßen\n",
        "Cordialement,\n",
        "Saludos,\n",
        "________________________________\n",
        "-----Original Message-----\n",
        "Von meinem iPhone gesendet\n",
    ],
)
def test_text_after_the_end_of_a_post_is_not_quoted(end):
    assert find_passage(f"Short.\n{end}{WORDS}") is None


def test_a_very_short_text_is_not_quoted():
    assert find_passage("") is None
    assert find_passage("Yes. " * 3) is None
    assert find_passage("This is a sentence.") is None


def test_a_single_long_sentence_is_cut_at_a_word():
    long = f"The weir {'is old and ' * 40}has gone."
    quoted = find_passage(long)
    assert len(quoted) <= LONGEST
    assert quoted.endswith(("old…", "is…", "and…"))
    assert find_passage(f"{long}\n\n{WORDS}") == WORDS


def test_abbreviations_and_initials_end_no_sentence():
    text = "We met Dr. J. Weir, e.g. on Sept. 29 at 3.5 miles. Then we left. then not"
    assert list(sentences(text)) == [
        "We met Dr. J. Weir, e.g. on Sept. 29 at 3.5 miles.",
        "Then we left. then not",
    ]
    assert list(sentences("堰は古い。誰が直す？")) == ["堰は古い。", "誰が直す？"]


def test_emphasis_and_footnotes_are_left_out():
    marked = (
        WORDS.replace("free", "*free*").replace("middle", "_middle_").replace("weir", "weir [1]")
    )
    assert find_passage(marked) == WORDS


@given(st.text(), st.text())
def test_any_text_gives_a_passage_of_bounded_length_or_none(before, after):
    for text in (before, f"{before}\n{WORDS}\n{after}", f"{before} {WORDS} {after}" * 9):
        words = find_passage(text)
        assert words is None or SHORTEST <= len(words) <= LONGEST
        assert words is None or "\n" not in words
        assert find_passage(text) == words


@pytest.mark.parametrize(
    "piece",
    ["a", "A.", "a ", "<", "Hi ", "A. ", "(", "[", "*a", "_", "? ", "Dr. ", "\n", "a\n", ">"],
)
def test_hostile_posts_are_read_quickly(piece):
    started = time.process_time()
    for post in (piece * 1_000_000, "\n".join([piece * (900 // len(piece))] * 1_000)):
        find_passage(post)
        find_passage(f"{WORDS[:-1]} {post}")
    assert time.process_time() - started < LIMIT / 2

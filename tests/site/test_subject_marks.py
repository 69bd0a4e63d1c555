# SPDX-License-Identifier: MIT
import pytest

from gs.profile.status.site.subjects import strip_marks


@pytest.mark.parametrize(
    "marks",
    ["Re: ", "AW: Antwort: ", "TR : ", "[External] WG: ", "RV: [weir] Re[2]: ", "回复：", "EXT: "],
)
def test_marks_are_no_part_of_what_a_subject_says(marks):
    assert strip_marks(f"{marks}The weir") == "The weir"


@pytest.mark.parametrize("subject", ["The weir: gone", "Weir [old]", "Rest: none", "Refusal", ""])
def test_what_is_no_mark_stays(subject):
    assert strip_marks(subject) == subject


def test_a_subject_of_marks_alone_takes_no_time():
    assert strip_marks("Re: " * 1_000_000).startswith("Re:")

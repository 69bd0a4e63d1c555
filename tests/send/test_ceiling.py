# SPDX-License-Identifier: MIT
import pytest

from gs.profile.status.send.run.adaptive.ceiling import Ceiling

FREE = 10.0


@pytest.fixture
def ceiling():
    """Return one that has refused sixteen, a while ago."""
    ceiling = Ceiling()
    ceiling.refused(16, 0.0)
    return ceiling


def test_without_a_refusal_all_may_be_tried():
    assert Ceiling().below(8, 256, 0.0) == 256


def test_what_is_below_it_may_be_tried_at_once(ceiling):
    assert ceiling.below(8, 15, 0.1) == 15


def test_after_a_refusal_there_is_a_while_of_no_more(ceiling):
    assert ceiling.below(8, 16, 1.9) == 8


def test_the_way_back_is_by_halves(ceiling):
    found, jobs = [], 8
    while jobs < 16:
        jobs = ceiling.below(jobs, 2 * jobs, FREE)
        found.append(jobs)
    assert found == [12, 14, 15, 16]


def test_each_time_that_it_holds_the_while_is_twice_as_long(ceiling):
    ceiling.refused(16, 10.0)
    assert ceiling.below(15, 16, 13.9) == 15
    assert ceiling.below(15, 16, 14.1) == 16
    ceiling.refused(16, 20.0)
    assert ceiling.below(15, 16, 27.9) == 15
    assert ceiling.below(15, 16, 28.1) == 16


def test_the_while_is_never_longer_than_some_minutes(ceiling):
    for _ in range(100):
        ceiling.refused(16, 0.0)
    assert ceiling.below(15, 16, 255.0) == 15
    assert ceiling.below(15, 16, 257.0) == 16


def test_a_refusal_below_it_is_another_ceiling_and_a_short_while(ceiling):
    ceiling.refused(16, 0.0)
    ceiling.refused(12, 10.0)
    assert ceiling.below(8, 12, 11.9) == 8
    assert ceiling.below(8, 12, 12.1) == 10


def test_what_has_passed_it_has_lifted_it(ceiling):
    ceiling.passed(15)
    assert ceiling.below(15, 30, FREE) == 16
    ceiling.passed(16)
    assert ceiling.below(16, 32, FREE) == 32


def test_those_who_are_refused_together_tell_how_much_too_many_there_were(ceiling):
    ceiling.lower(7, 4)
    assert ceiling.below(4, 16, 0.1) == 4
    assert ceiling.below(4, 8, 0.1) == 8
    ceiling.lower(7, 4)
    assert ceiling.below(4, 5, 0.1) == 4


def test_one_that_is_refused_is_not_one_too_many(ceiling):
    ceiling.refused(1, 10.0)
    assert ceiling.below(1, 2, 10.0) == 2

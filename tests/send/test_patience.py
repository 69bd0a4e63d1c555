# SPDX-License-Identifier: MIT
"""A site in trouble is tried again, less and less often, and not for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.send.run.backoff import Backoff
from gs.profile.status.send.run.model import MemberId, Outcome, StopCause, Verdict


def outcome(verdict, cause=None, *, again=False, retry_after=None):
    return Outcome(
        MemberId("u"), verdict, "", "", cause=cause, again=again, retry_after=retry_after
    )


def unreached():
    return outcome(Verdict.WAITING, StopCause.UNREACHABLE, again=True)


def busy(seconds=None):
    return outcome(Verdict.WAITING, StopCause.BUSY, again=True, retry_after=seconds)


def pauses(patience, *, limit=100):
    """Let all tries fail; return the pauses between them, and what ended them."""
    now, found = 1000.0, []
    for _ in range(limit):
        cause = patience.weigh(unreached(), now)
        if cause:
            return found, cause
        found.append(patience.until - now)
        now = patience.until
    return found, None


def test_the_pauses_double_from_one_second_to_a_minute():
    found, _ = pauses(Backoff(10**6, lambda: 1.0), limit=9)
    assert found == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_the_pauses_are_jittered_by_half_at_most():
    found, _ = pauses(Backoff(10**6, lambda: 0.0), limit=7)
    assert found == [0.5, 1, 2, 4, 8, 16, 30]


@given(st.floats(1, 10_000), st.randoms())
def test_patience_ends_when_it_is_said_to_with_a_last_try(seconds, random):
    found, cause = pauses(Backoff(seconds, random.random), limit=10_000)
    assert cause is StopCause.UNREACHABLE
    assert sum(found) == pytest.approx(seconds)


def test_without_patience_the_first_failure_stops():
    assert Backoff(0, lambda: 1.0).weigh(unreached(), 5) is StopCause.UNREACHABLE
    assert Backoff(0, lambda: 1.0).weigh(busy(10), 5) is StopCause.BUSY


@pytest.mark.parametrize("verdict", [Verdict.SENT, Verdict.SKIPPED, Verdict.FAILED])
def test_an_answer_restores_it(verdict):
    patience = Backoff(100, lambda: 1.0)
    for now in range(0, 1000, 70):
        assert patience.weigh(unreached(), now) is None
        assert patience.tried
        assert patience.until == now + 1
        assert patience.weigh(outcome(verdict), now + 2) is None
        assert not patience.tried


def test_an_answer_that_tells_nothing_neither_tries_nor_restores_it():
    patience = Backoff(100, lambda: 1.0)
    assert patience.weigh(outcome(Verdict.UNKNOWN), 0) is None
    assert not patience.tried
    patience.weigh(unreached(), 0)
    patience.weigh(outcome(Verdict.UNKNOWN), 0)
    assert patience.tried


def test_those_who_fail_together_make_one_pause():
    patience = Backoff(100, lambda: 1.0)
    for _ in range(64):
        assert patience.weigh(unreached(), 10) is None
    assert patience.until == 11


def test_what_the_site_asks_for_is_waited_for_and_not_held_against_it():
    patience = Backoff(10, lambda: 1.0)
    assert patience.weigh(busy(600), 0) is None
    assert patience.until == 600
    assert patience.weigh(unreached(), 600) is None
    assert patience.until == 602
    assert patience.weigh(unreached(), 611) is StopCause.UNREACHABLE


def test_a_longer_wish_lengthens_the_pause_and_a_shorter_does_not():
    patience = Backoff(100, lambda: 1.0)
    patience.weigh(busy(30), 0)
    patience.weigh(busy(10), 1)
    assert patience.until == 30
    patience.weigh(busy(40), 2)
    assert patience.until == 42


def test_a_site_that_asks_for_too_little_is_given_more_each_time():
    patience = Backoff(10**6, lambda: 1.0)
    now, found = 0.0, []
    for _ in range(8):
        assert patience.weigh(busy(1), now) is None
        found.append(patience.until - now)
        now = patience.until
    assert found == [1, 2, 4, 8, 16, 32, 60, 60]


def test_more_than_an_hour_is_left_to_another_call():
    assert Backoff(300, lambda: 1.0).weigh(busy(3600), 0) is None
    assert Backoff(300, lambda: 1.0).weigh(busy(3601), 0) is StopCause.BUSY


def test_an_hour_asked_for_bit_by_bit_is_an_hour():
    patience, now = Backoff(300, lambda: 1.0), 0.0
    while patience.weigh(busy(600), now) is None:
        now = patience.until
    assert now == 3600


def test_a_pause_that_is_on_outlasts_a_success():
    patience = Backoff(300, lambda: 1.0)
    patience.weigh(busy(60), 0)
    patience.weigh(outcome(Verdict.SENT), 1)
    assert patience.until == 60


def test_what_is_repeated_without_an_answer_ends_too():
    patience = Backoff(10, lambda: 1.0)
    lost = outcome(Verdict.UNKNOWN, again=True)
    assert patience.weigh(lost, 0) is None
    assert patience.weigh(lost, 1) is None
    assert patience.weigh(lost, 11) is StopCause.NO_ANSWER


def test_one_that_gets_no_answer_between_others_that_do_makes_no_pause():
    patience = Backoff(10, lambda: 1.0)
    for now in range(100):
        assert patience.weigh(outcome(Verdict.UNKNOWN, again=True), now) is None
        assert not patience.tried
        patience.weigh(outcome(Verdict.SENT), now)


def test_a_refused_token_is_no_matter_of_patience():
    refused = outcome(Verdict.WAITING, StopCause.TOKEN_REFUSED, again=True)
    patience = Backoff(300, lambda: 1.0)
    assert patience.weigh(refused, 0) is None
    assert not patience.tried

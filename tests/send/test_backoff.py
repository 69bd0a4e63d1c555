# SPDX-License-Identifier: MIT
"""The pauses after failures grow, and end when the patience ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.send.run.model import MemberId, Outcome, StopCause, Verdict
from gs.profile.status.send.run.pace import Backoff


def outcome(verdict, cause=None, *, again=False, retry_after=None):
    return Outcome(
        MemberId("u"), verdict, "", "", cause=cause, again=again, retry_after=retry_after
    )


def unreached():
    return outcome(Verdict.WAITING, StopCause.UNREACHABLE, again=True)


def busy(seconds=None):
    return outcome(Verdict.WAITING, StopCause.BUSY, again=True, retry_after=seconds)


def pauses(backoff, *, limit=100):
    """Let all calls fail; return the pauses between them, and the cause to stop."""
    now, seconds_ = 1000.0, []
    for _ in range(limit):
        cause = backoff.after_outcome(unreached(), now)
        if cause:
            return seconds_, cause
        seconds_.append(backoff.until - now)
        now = backoff.until
    return seconds_, None


def test_the_pauses_double_from_one_second_to_a_minute():
    seconds_, _ = pauses(Backoff(10**6, lambda: 1.0), limit=9)
    assert seconds_ == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_the_pauses_are_jittered_by_half_at_most():
    seconds_, _ = pauses(Backoff(10**6, lambda: 0.0), limit=7)
    assert seconds_ == [0.5, 1, 2, 4, 8, 16, 30]


@given(st.floats(1, 10_000), st.randoms())
def test_the_pauses_add_up_to_the_patience(seconds, random):
    seconds_, cause = pauses(Backoff(seconds, random.random), limit=10_000)
    assert cause is StopCause.UNREACHABLE
    assert sum(seconds_) == pytest.approx(seconds)


def test_with_patience_0_the_first_failure_stops():
    assert Backoff(0, lambda: 1.0).after_outcome(unreached(), 5) is StopCause.UNREACHABLE
    assert Backoff(0, lambda: 1.0).after_outcome(busy(10), 5) is StopCause.BUSY


@pytest.mark.parametrize("verdict", [Verdict.SENT, Verdict.SKIPPED, Verdict.FAILED])
def test_an_answer_resets_the_backoff(verdict):
    backoff = Backoff(100, lambda: 1.0)
    for now in range(0, 1000, 70):
        assert backoff.after_outcome(unreached(), now) is None
        assert backoff.probing
        assert backoff.until == now + 1
        assert backoff.after_outcome(outcome(verdict), now + 2) is None
        assert not backoff.probing


def test_an_unknown_outcome_neither_starts_nor_resets_the_backoff():
    backoff = Backoff(100, lambda: 1.0)
    assert backoff.after_outcome(outcome(Verdict.UNKNOWN), 0) is None
    assert not backoff.probing
    backoff.after_outcome(unreached(), 0)
    backoff.after_outcome(outcome(Verdict.UNKNOWN), 0)
    assert backoff.probing


def test_calls_that_fail_together_make_one_pause():
    backoff = Backoff(100, lambda: 1.0)
    for _ in range(64):
        assert backoff.after_outcome(unreached(), 10) is None
    assert backoff.until == 11


def test_a_pause_that_the_site_asks_for_is_added_to_the_patience():
    backoff = Backoff(10, lambda: 1.0)
    assert backoff.after_outcome(busy(600), 0) is None
    assert backoff.until == 600
    assert backoff.after_outcome(unreached(), 600) is None
    assert backoff.until == 602
    assert backoff.after_outcome(unreached(), 611) is StopCause.UNREACHABLE


def test_a_longer_retry_after_extends_the_pause():
    backoff = Backoff(100, lambda: 1.0)
    backoff.after_outcome(busy(30), 0)
    backoff.after_outcome(busy(10), 1)
    assert backoff.until == 30
    backoff.after_outcome(busy(40), 2)
    assert backoff.until == 42


def test_the_pauses_grow_even_if_each_retry_after_is_short():
    backoff = Backoff(10**6, lambda: 1.0)
    now, seconds_ = 0.0, []
    for _ in range(8):
        assert backoff.after_outcome(busy(1), now) is None
        seconds_.append(backoff.until - now)
        now = backoff.until
    assert seconds_ == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_retry_after_of_more_than_an_hour_stops_the_run():
    assert Backoff(300, lambda: 1.0).after_outcome(busy(3600), 0) is None
    assert Backoff(300, lambda: 1.0).after_outcome(busy(3601), 0) is StopCause.BUSY


def test_several_pauses_that_the_site_asks_for_add_up_to_an_hour():
    backoff, now = Backoff(300, lambda: 1.0), 0.0
    while backoff.after_outcome(busy(600), now) is None:
        now = backoff.until
    assert now == 3600


def test_a_success_does_not_end_a_pause():
    backoff = Backoff(300, lambda: 1.0)
    backoff.after_outcome(busy(60), 0)
    backoff.after_outcome(outcome(Verdict.SENT), 1)
    assert backoff.until == 60


def test_repeated_calls_without_an_answer_end_with_the_patience():
    backoff = Backoff(10, lambda: 1.0)
    lost = outcome(Verdict.UNKNOWN, again=True)
    assert backoff.after_outcome(lost, 0) is None
    assert backoff.after_outcome(lost, 1) is None
    assert backoff.after_outcome(lost, 11) is StopCause.NO_ANSWER


def test_one_call_without_an_answer_among_others_makes_no_pause():
    backoff = Backoff(10, lambda: 1.0)
    for now in range(100):
        assert backoff.after_outcome(outcome(Verdict.UNKNOWN, again=True), now) is None
        assert not backoff.probing
        backoff.after_outcome(outcome(Verdict.SENT), now)


def test_a_refused_token_makes_no_pause():
    refused = outcome(Verdict.WAITING, StopCause.TOKEN_REFUSED, again=True)
    backoff = Backoff(300, lambda: 1.0)
    assert backoff.after_outcome(refused, 0) is None
    assert not backoff.probing

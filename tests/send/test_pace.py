# SPDX-License-Identifier: MIT
"""The pace: how many calls may begin, the throttle, and the rate limiter."""

import pytest

from gs.profile.status.send.run.model import (
    Answer,
    Attempt,
    CallSignal,
    Claim,
    MemberId,
    Outcome,
    StopCause,
    TimedCall,
    Verdict,
)
from gs.profile.status.send.run.pace import Backoff, FixedLimit, Pace, RateLimiter


def pace_of(throttle=0, jobs=1, backoff=None, rate=None):
    rate_limiter = RateLimiter(rate) if rate else None
    return Pace(FixedLimit(jobs), throttle, backoff or Backoff(300, lambda: 1.0), rate_limiter)


def outcomes(*verdicts):
    return [Outcome(MemberId("u"), verdict, "", "") for verdict in verdicts]


def end(pace, *verdicts, now):
    attempt = Attempt(Claim(MemberId("u")), Answer(200, b""), 0.5)
    pace.ended([attempt] * len(verdicts), outcomes(*verdicts), len(verdicts), now)


def test_one_job_allows_one_call_in_flight():
    pace = pace_of(throttle=0)
    assert (pace.turns(0, in_flight=0), pace.turns(0, in_flight=1)) == (1, 0)


def test_the_throttle_pauses_after_a_success():
    pace = pace_of(throttle=5)
    end(pace, Verdict.SENT, now=10)
    assert (pace.turns(10, 0), pace.rest(10, 0)) == (0, 5)
    assert (pace.turns(14.9, 0), pace.rest(14.5, 0)) == (0, 0.5)
    assert (pace.turns(15, 0), pace.rest(15, 0)) == (1, 0)


@pytest.mark.parametrize("verdict", sorted(set(Verdict) - {Verdict.SENT}))
def test_the_throttle_does_not_pause_after_other_outcomes(verdict):
    pace = pace_of(throttle=5)
    end(pace, verdict, now=10)
    assert (pace.turns(10, 0), pace.rest(10, 0)) == (1, 0)


def test_without_a_throttle_there_is_no_pause():
    pace = pace_of(throttle=0)
    end(pace, Verdict.SENT, now=10)
    assert (pace.turns(10, 0), pace.rest(10, 0)) == (1, 0)


def test_each_of_several_jobs_pauses_by_itself():
    pace = pace_of(throttle=5, jobs=3)
    end(pace, Verdict.SENT, now=10)
    end(pace, Verdict.SENT, Verdict.FAILED, now=12)
    assert pace.turns(12, 0) == 1
    assert (pace.turns(15, 1), pace.rest(15, 2)) == (1, 2)
    assert pace.turns(17, 0) == 3


def test_no_call_begins_in_a_pause_and_one_at_a_time_after_it():
    backoff = Backoff(300, lambda: 1.0)
    pace = pace_of(jobs=9, backoff=backoff)
    backoff.pause(10, retry_after=5)
    assert (pace.turns(14.9, 0), pace.rest(10, 0)) == (0, 5)
    assert (pace.turns(15, 0), pace.turns(15, 1)) == (1, 0)
    backoff.after_outcome(*outcomes(Verdict.SENT), 16)
    assert pace.turns(16, 1) == 8


class Learning:
    """A limit that records its arguments."""

    jobs = 3

    def __init__(self):
        self.recorded = []

    def ended(self, attempts, in_flight, now):
        self.recorded.append((list(attempts), in_flight, now))


def one(verdict, cause=None, status=None):
    return Outcome(MemberId("u"), verdict, "", "", status, cause)


@pytest.mark.parametrize(
    ("outcome", "signal"),
    [
        (one(Verdict.SENT, status=0), CallSignal.ANSWER),
        (one(Verdict.SKIPPED, status=-16), CallSignal.ANSWER),
        (one(Verdict.FAILED), CallSignal.ANSWER),
        (one(Verdict.WAITING, StopCause.TOKEN_REFUSED), CallSignal.ANSWER),
        (one(Verdict.UNKNOWN, status=-1024), CallSignal.ANSWER),
        (one(Verdict.UNKNOWN), CallSignal.LOST),
        (one(Verdict.WAITING, StopCause.UNREACHABLE), CallSignal.LOST),
        (one(Verdict.WAITING, StopCause.BUSY), CallSignal.REFUSED),
        (one(Verdict.UNKNOWN, StopCause.BUSY), CallSignal.REFUSED),
    ],
)
def test_the_limit_gets_the_signal_and_duration_of_each_call(outcome, signal):
    limit = Learning()
    pace = Pace(limit, 0, Backoff(300, lambda: 1.0))
    assert pace.turns(1, in_flight=1) == 2
    pace.ended([Attempt(Claim(MemberId("u")), Answer(200, b""), 0.5)], [outcome], 2, now=7)
    assert limit.recorded == [([TimedCall(0.5, signal)], 2, 7)]


# A rate


def begin_all(pace, now, in_flight=0):
    """Begin the calls that may begin at *now*, and return how many."""
    turns = pace.turns(now, in_flight)
    pace.begun(turns, now)
    return turns


def test_the_rate_limiter_spaces_the_calls_evenly():
    pace = pace_of(jobs=64, rate=4)
    began = [now / 100 for now in range(10_000, 10_300) if begin_all(pace, now / 100)]
    assert began == pytest.approx([100 + beat / 4 for beat in range(12)], abs=0.011)


def test_the_rate_limiter_knows_the_time_of_the_next_call():
    pace = pace_of(jobs=64, rate=0.5)
    assert begin_all(pace, 100) == 1
    assert (pace.turns(101.9, 1), pace.rest(101.5, 1)) == (0, 0.5)
    assert (pace.turns(102, 1), pace.rest(102, 1)) == (1, 0)


def test_the_rate_limiter_does_not_exceed_the_jobs():
    pace = pace_of(jobs=1, rate=4)
    assert begin_all(pace, 100) == 1
    assert (pace.turns(100.3, 1), pace.rest(100.1, 1)) == (0, None)


def test_the_time_of_a_slow_site_is_not_caught_up():
    pace = pace_of(jobs=64, rate=10)
    assert begin_all(pace, 100) == 1
    assert [begin_all(pace, now) for now in (130, 130.05, 130.1)] == [1, 0, 1]


def test_a_delay_of_the_loop_is_caught_up():
    # Every turn comes 30 ms late, three intervals at once: the rate is still exact.
    pace = pace_of(jobs=64, rate=100)
    count = sum(begin_all(pace, 100 + tick * 0.03) for tick in range(2000))
    assert count == pytest.approx(6000, rel=0.001)


@pytest.mark.parametrize("rate", [1 / 3600, 1 / 60, 1, 33, 1000, 20_000])
def test_the_rate_is_exact_to_two_percent(rate):
    pace, seconds = pace_of(jobs=512, rate=rate), max(60, 10 / rate)
    count, now = 0, 0.0
    while now < seconds:
        count += begin_all(pace, now)
        now += max(0.0007, pace.rest(now, 0) * 1.003)  # no process wakes up exactly on time
    assert count == pytest.approx(rate * seconds, rel=0.02, abs=1)


def test_a_rate_limiter_keeps_pauses_and_the_throttle():
    backoff = Backoff(300, lambda: 1.0)
    pace = pace_of(throttle=5, jobs=1, backoff=backoff, rate=100)
    end(pace, Verdict.SENT, now=10)
    assert (pace.turns(14, 0), pace.rest(14, 0)) == (0, 1)
    backoff.pause(15, retry_after=9)
    assert (pace.turns(16, 0), pace.rest(16, 0)) == (0, 8)

# SPDX-License-Identifier: MIT
"""The limit of -j auto, in simulated runs, and the ceiling that refusals set."""

import math
import random
import sys
from itertools import pairwise

import pytest

from gs.profile.status.send.run.adaptive import MAX_IN_FLIGHT, AdaptiveLimit
from gs.profile.status.send.run.adaptive.ceiling import Ceiling
from gs.profile.status.send.run.model import CallSignal, TimedCall
from gs.profile.status.send.run.pace import FixedLimit

from .simulation import (
    SEEDS,
    SERVICE,
    STEADY,
    Sender,
    SimulatedSite,
    auto,
    drifting,
    equal,
    exponential,
    fixed,
    half_skipped,
    lognormal,
    most_skipped,
    seeded,
    send,
    ten_times,
)


def test_the_limit_starts_at_one():
    assert AdaptiveLimit().jobs == 1


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [*STEADY, half_skipped])
def test_a_site_with_one_worker_gets_one_or_two_calls_at_once(kind, seed):
    seen = auto(1, kind, seed).between(20, 60)
    assert sum(jobs <= 2 for jobs in seen) > 900
    assert sum(seen) / len(seen) < 1.8


@pytest.mark.parametrize(("kind", "seed"), seeded(most_skipped, drifting, most_skipped))
def test_a_site_with_one_worker_rarely_gets_many_calls_at_once(kind, seed):
    seen = auto(1, kind, seed, 120).between(20, 120)
    assert sum(jobs <= 4 for jobs in seen) > 900
    assert sum(seen) / len(seen) < 3


@pytest.mark.parametrize(("kind", "seed"), seeded(*STEADY))
def test_sixteen_workers_get_about_sixteen_calls_at_once(kind, seed):
    seen = auto(16, kind, seed).between(20, 60)
    assert 14 <= sum(seen) / len(seen) <= 18
    assert sum(13 <= jobs <= 21 for jobs in seen) > 850


@pytest.mark.parametrize(
    ("workers", "kind"),
    [
        *((workers, kind) for workers in (2, 4) for kind in STEADY),
        (16, exponential),
        (16, ten_times),
        (64, equal),
        (64, lognormal),
    ],
)
def test_any_number_of_workers_is_kept_busy_without_a_queue(workers, kind):
    # With more workers there are more answers in a second, so the search takes less time.
    end = 60 if workers < 64 else 30
    trace = auto(workers, kind, seconds=end)
    best = fixed(workers, workers, kind, seconds=end).rate(20, end)
    assert trace.rate(20, end) > 0.85 * best
    assert trace.mean(20, end) < max(1.3 * workers, workers + 1)


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("kind", [*STEADY, half_skipped])
def test_shared_cores_are_kept_busy_without_a_queue(workers, kind):
    trace = auto(workers, kind, sharing=True)
    best = fixed(workers, workers, kind, sharing=True).rate(20, 60)
    assert trace.rate(20, 60) > 0.8 * best
    assert trace.mean(20, 60) < max(1.4 * workers, workers + 1)


@pytest.mark.parametrize(("kind", "seed"), [(half_skipped, 1), (drifting, 3)])
def test_skipped_members_do_not_distort_the_measurement(kind, seed):
    trace = auto(16, kind, seed, 120)
    best = fixed(16, 16, kind, seed, 120).rate(20, 120)
    assert trace.rate(20, 120) > 0.75 * best
    assert trace.mean(20, 120) < 26


def test_the_limit_reaches_sixteen_within_twenty_service_times():
    assert auto(16, seconds=2).mean(20 * SERVICE, 2) > 12


@pytest.mark.parametrize(("kind", "seed"), seeded(equal, lognormal, lognormal))
def test_the_limit_falls_within_seconds_if_the_site_slows_down_to_a_tenth(kind, seed):
    trace = auto(16, kind, seed, 70, changes=[(20, {"speed": 0.1}), (50, {"speed": 1.0})])
    assert trace.mean(20 + 3 * 10 * SERVICE, 20 + 4 * 10 * SERVICE) < 9
    # The site still has sixteen workers.
    assert 13 < trace.mean(32, 50) < 20
    assert trace.rate(52, 70) > 0.9 * 16 / SERVICE


@pytest.mark.parametrize(("kind", "seed"), seeded(equal, lognormal, lognormal))
def test_the_limit_follows_the_number_of_workers_down_and_up(kind, seed):
    trace = auto(16, kind, seed, 100, changes=[(20, {"workers": 2}), (50, {"workers": 16})])
    assert trace.mean(26, 50) < 4.5
    assert trace.rate(26, 50) > 0.8 * 2 / SERVICE
    assert trace.mean(75, 100) > 12


@pytest.mark.parametrize(
    ("kind", "speed"),
    [
        (equal, 0.1),
        (lognormal, 0.3),
        (half_skipped, 0.1),
        (equal, 3.0),
        (lognormal, 10.0),
        (half_skipped, 10.0),
    ],
)
def test_a_permanent_change_of_latency_becomes_the_baseline(kind, speed):
    # It learns from answers: with more of them in a second, it needs fewer seconds.
    start, end = 20 + 80 / max(1, speed), 20 + 130 / max(1, speed)
    trace = auto(16, kind, seconds=end, changes=[(20, {"speed": speed})])
    assert 12.5 < trace.mean(start, end) < 21


def answer(limit, seconds, now):
    """Answer all allowed calls after so many *seconds*, and return the time."""
    now += seconds
    limit.ended([TimedCall(seconds, CallSignal.ANSWER)] * limit.jobs, limit.jobs, now)
    return now


def test_a_site_that_becomes_fast_during_a_trial_does_not_raise_the_limit():
    limit, now = AdaptiveLimit(), 0.0
    while limit.jobs < 4:
        now = answer(limit, 1.0, now)
    seen = []
    for _ in range(4):
        now = answer(limit, 0.1, now + 1)
        seen.append(limit.jobs)
    assert min(seen) == 2
    assert max(seen) == 4


@pytest.mark.parametrize("kind", [equal, lognormal])
def test_pauses_of_the_site_do_not_keep_the_limit_low(kind):
    pauses = [(at, {"speed": 1e-9}) for at in range(5, 60, 5)]
    ends = [(at + 0.4, {"speed": 1.0}) for at in range(5, 60, 5)]
    trace = auto(16, kind, changes=sorted(pauses + ends, key=lambda change: change[0]))
    best = 16 / SERVICE * (5 - 0.4) / 5
    assert trace.rate(10, 60) > 0.7 * best


@pytest.mark.parametrize("workers", [1, 16])
@pytest.mark.parametrize("kind", [equal, lognormal, half_skipped])
def test_other_users_wait_at_most_twice_as_long(workers, kind):
    idle = SERVICE
    # With one worker, a single call at a time may be enough to double it.
    one = fixed(1, workers, kind, seconds=120, page=SERVICE).probe(20, 120)
    wait = auto(workers, kind, seconds=120, page=SERVICE).probe(20, 120)
    assert wait < max(2 * idle, 1.15 * one)
    assert fixed(64, workers, kind, seconds=40, page=SERVICE).probe(20, 40) > 3.5 * idle


def test_a_sender_slower_than_the_site_is_kept_busy():
    def rate(limit):
        # 80 µs a member and 1 ms a turn; the site could do ten times as many.
        site = SimulatedSite(64)
        sender = Sender(limit, site, lambda _now: 0.0002, turn=0.001, each=0.00008)
        return sender.run(4).rate(0.2, 4)

    assert rate(AdaptiveLimit()) > 0.8 * rate(FixedLimit(64))


def test_the_limit_never_exceeds_the_maximum():
    assert max(jobs for _, jobs, _ in auto(1000, seconds=20).turns) == MAX_IN_FLIGHT
    trace = send(AdaptiveLimit(maximum=4), SimulatedSite(16), seconds=20)
    assert max(jobs for _, jobs, _ in trace.turns) == 4


# Refusals, losses, and a limit that is not in use


@pytest.mark.parametrize(
    ("kind", "workers", "most"),
    [(equal, 16, 8), (lognormal, 16, 8), (half_skipped, 16, 8), (equal, 64, 40)],
)
def test_the_limit_stays_just_below_the_number_that_the_site_refuses(kind, workers, most):
    trace = auto(workers, kind, seconds=240, most=most)
    assert 0.8 * most < trace.mean(60, 240) <= most
    # Each next attempt comes later, so that the pauses become rare.
    waves = [later for sooner, later in pairwise(trace.refusals) if later - sooner > 1]
    assert len(waves) < 14
    assert sum(at > 120 for at in waves) <= 4


def test_the_limit_rises_again_when_the_site_refuses_no_more():
    trace = auto(256, seconds=60, most=8, changes=[(30, {"most": math.inf})])
    assert trace.mean(45, 60) > 200


def test_a_site_that_refuses_all_calls_gets_one_at_a_time_until_it_recovers():
    trace = auto(16, seconds=60, changes=[(20, {"most": 0}), (30, {"most": math.inf})])
    assert max(trace.between(22, 30)) <= 1
    assert trace.mean(40, 60) > 14


def test_rare_random_losses_keep_almost_half_of_the_throughput():
    site, rng = SimulatedSite(16), random.Random(1)
    site.lossy = lambda: rng.random() < 0.001
    assert send(AdaptiveLimit(), site, lognormal, seconds=90).rate(20, 90) > 0.45 * 16 / SERVICE


def test_a_rate_limit_keeps_the_limit_low():
    trace = auto(16, seconds=120, rate=10)
    assert max(jobs for _, jobs, _ in trace.turns) <= 2


def test_a_limit_that_is_not_in_use_does_not_grow():
    limit = reached(8)
    before = limit.jobs
    for turn in range(2000):
        limit.ended([TimedCall(SERVICE, CallSignal.ANSWER)], 3, 100 + turn * SERVICE / 3)
    assert limit.jobs <= before


def test_the_first_step_takes_a_few_answers():
    limit, now = AdaptiveLimit(), 0.0
    while limit.jobs == 1:
        now += 1
        limit.ended([TimedCall(1.0, CallSignal.ANSWER)], 1, now)
    assert now <= 6


def test_the_limit_reaches_sixteen_slow_workers_within_thirty_service_times():
    site = SimulatedSite(16)
    trace = Sender(AdaptiveLimit(), site, lambda _now: 1.0).run(80)
    assert 13 < trace.mean(30, 80) < 22


def reached(jobs):
    """Return a limit that has reached so many *jobs*."""
    limit = AdaptiveLimit(maximum=jobs)
    Sender(limit, SimulatedSite(1000), lambda _now: SERVICE).run(5)
    assert limit.jobs == jobs
    return limit


@pytest.mark.parametrize("signal", [CallSignal.REFUSED, CallSignal.LOST])
def test_a_refusal_or_a_loss_cuts_the_limit_at_once(signal):
    limit = reached(16)
    limit.ended([TimedCall(0.001, signal)], 16, 10.0)
    assert limit.jobs == 11


def test_one_round_of_refusals_cuts_the_limit_once():
    limit = reached(16)
    limit.ended([TimedCall(0.001, CallSignal.REFUSED)] * 5, 16, 10.0)
    for more in range(11):
        limit.ended(
            [TimedCall(0.01 + 0.001 * more, CallSignal.REFUSED)], 11 - more, 10.001 + 0.001 * more
        )
    assert limit.jobs == 11


def test_a_loss_of_a_call_from_before_the_cut_does_not_cut_again():
    limit = reached(16)
    limit.ended([TimedCall(60.0, CallSignal.LOST)], 16, 100.0)
    limit.ended([TimedCall(60.0, CallSignal.LOST)], 15, 100.5)
    assert limit.jobs == 11
    limit.ended([TimedCall(60.0, CallSignal.LOST)], 11, 170.0)
    assert limit.jobs == 7


def test_answers_among_refusals_do_not_weaken_the_cut():
    limit = reached(16)
    mixed = [TimedCall(SERVICE, CallSignal.ANSWER), TimedCall(0.001, CallSignal.REFUSED)] * 4
    limit.ended(mixed, 16, 10.0)
    assert limit.jobs == 11


def test_no_attempts_and_attempts_of_zero_seconds_are_accepted():
    limit = AdaptiveLimit()
    limit.ended([], 1, 0.0)
    for turn in range(500):
        limit.ended([TimedCall(0.0, CallSignal.ANSWER)] * limit.jobs, limit.jobs, turn * 0.001)
    assert limit.jobs >= 1


def test_an_answer_takes_few_function_calls():
    limit, batch, steps = AdaptiveLimit(), [TimedCall(0.01, CallSignal.ANSWER)] * 64, 0

    def count(_frame, event, _what):
        nonlocal steps
        steps += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        for turn in range(500):
            limit.ended(batch, 64, turn * 0.01)
    finally:
        sys.setprofile(None)
    # One function call for each answer, and some for each turn.
    assert steps < 2 * 500 * len(batch)


# The ceiling

FREE = 10.0


@pytest.fixture
def ceiling():
    """Return a ceiling at sixteen, whose hold has ended at FREE."""
    ceiling = Ceiling()
    ceiling.refused(16, 0.0)
    return ceiling


def test_without_a_refusal_there_is_no_ceiling():
    assert Ceiling().below(8, 256, 0.0) == 256


def test_a_number_below_the_ceiling_may_be_tried_at_once(ceiling):
    assert ceiling.below(8, 15, 0.1) == 15


def test_after_a_refusal_the_limit_holds_for_a_while(ceiling):
    assert ceiling.below(8, 16, 1.9) == 8


def test_the_way_back_to_the_ceiling_is_by_halves(ceiling):
    steps, jobs = [], 8
    while jobs < 16:
        jobs = ceiling.below(jobs, 2 * jobs, FREE)
        steps.append(jobs)
    assert steps == [12, 14, 15, 16]


def test_each_refusal_at_the_same_number_doubles_the_hold(ceiling):
    ceiling.refused(16, 10.0)
    assert ceiling.below(15, 16, 13.9) == 15
    assert ceiling.below(15, 16, 14.1) == 16
    ceiling.refused(16, 20.0)
    assert ceiling.below(15, 16, 27.9) == 15
    assert ceiling.below(15, 16, 28.1) == 16


def test_the_hold_lasts_a_few_minutes_at_most(ceiling):
    for _ in range(100):
        ceiling.refused(16, 0.0)
    assert ceiling.below(15, 16, 255.0) == 15
    assert ceiling.below(15, 16, 257.0) == 16


def test_a_refusal_below_the_ceiling_lowers_it_with_a_short_hold(ceiling):
    ceiling.refused(16, 0.0)
    ceiling.refused(12, 10.0)
    assert ceiling.below(8, 12, 11.9) == 8
    assert ceiling.below(8, 12, 12.1) == 10


def test_answers_at_the_ceiling_remove_it(ceiling):
    ceiling.passed(15)
    assert ceiling.below(15, 30, FREE) == 16
    ceiling.passed(16)
    assert ceiling.below(16, 32, FREE) == 32


def test_several_refusals_at_once_lower_the_ceiling_by_their_number(ceiling):
    ceiling.lower(7, 4)
    assert ceiling.below(4, 16, 0.1) == 4
    assert ceiling.below(4, 8, 0.1) == 8
    ceiling.lower(7, 4)
    assert ceiling.below(4, 5, 0.1) == 4


def test_a_refusal_of_a_single_call_sets_no_ceiling(ceiling):
    ceiling.refused(1, 10.0)
    assert ceiling.below(1, 2, 10.0) == 2

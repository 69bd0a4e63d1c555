# SPDX-License-Identifier: MIT
import math
import random
import sys
from itertools import pairwise

import pytest

from gs.profile.status.send.run.adaptive import AdaptiveLimit
from gs.profile.status.send.run.model import CallSignal, TimedCall

from .simulated import Sender, SimulatedSite
from .simulations import SERVICE, auto, equal, half_skipped, lognormal, send


@pytest.mark.parametrize(
    ("kind", "workers", "most"),
    [(equal, 16, 8), (lognormal, 16, 8), (half_skipped, 16, 8), (equal, 64, 40)],
)
def test_a_site_that_refuses_too_many_is_called_by_almost_as_many_and_not_hammered(
    kind, workers, most
):
    trace = auto(workers, kind, seconds=240, most=most)
    assert 0.8 * most < trace.mean(60, 240) <= most
    # Each time that it is tried again is later: a pause of a second in ever so many.
    waves = [later for sooner, later in pairwise(trace.refusals) if later - sooner > 1]
    assert len(waves) < 14
    assert sum(at > 120 for at in waves) <= 4


def test_a_ceiling_that_has_gone_is_found_to_have_gone():
    trace = auto(256, seconds=60, most=8, changes=[(30, {"most": math.inf})])
    assert trace.mean(45, 60) > 200


def test_a_site_that_refuses_all_is_tried_with_one_and_recovers():
    trace = auto(16, seconds=60, changes=[(20, {"most": 0}), (30, {"most": math.inf})])
    assert max(trace.between(22, 30)) <= 1
    assert trace.mean(40, 60) > 14


def test_losses_that_are_nobodys_fault_leave_it_working():
    site, rng = SimulatedSite(16), random.Random(1)
    site.lossy = lambda: rng.random() < 0.001
    assert send(AdaptiveLimit(), site, lognormal, seconds=90).rate(20, 90) > 0.45 * 16 / SERVICE


def test_a_sender_that_is_held_back_learns_nothing():
    trace = auto(16, seconds=120, rate=10)
    assert max(jobs for _, jobs, _ in trace.turns) <= 2


def test_what_is_not_used_does_not_grow():
    limit = reached(8)
    before = limit.jobs
    for turn in range(2000):
        limit.ended([TimedCall(SERVICE, CallSignal.ANSWER)], 3, 100 + turn * SERVICE / 3)
    assert limit.jobs <= before


def test_at_one_answer_a_second_the_first_step_takes_a_few():
    limit, now = AdaptiveLimit(), 0.0
    while limit.jobs == 1:
        now += 1
        limit.ended([TimedCall(1.0, CallSignal.ANSWER)], 1, now)
    assert now <= 6


def test_sixteen_slow_workers_are_found_within_thirty_calls_one_after_the_other():
    site = SimulatedSite(16)
    trace = Sender(AdaptiveLimit(), site, lambda _now: 1.0).run(80)
    assert 13 < trace.mean(30, 80) < 22


def reached(jobs):
    """Return a limit that has found out that so many are well."""
    limit = AdaptiveLimit(maximum=jobs)
    Sender(limit, SimulatedSite(1000), lambda _now: SERVICE).run(5)
    assert limit.jobs == jobs
    return limit


@pytest.mark.parametrize("sign", [CallSignal.REFUSED, CallSignal.LOST])
def test_a_refusal_or_a_loss_is_obeyed_at_once(sign):
    limit = reached(16)
    limit.ended([TimedCall(0.001, sign)], 16, 10.0)
    assert limit.jobs == 11


def test_a_round_of_refusals_is_one_cut():
    limit = reached(16)
    limit.ended([TimedCall(0.001, CallSignal.REFUSED)] * 5, 16, 10.0)
    for more in range(11):
        limit.ended(
            [TimedCall(0.01 + 0.001 * more, CallSignal.REFUSED)], 11 - more, 10.001 + 0.001 * more
        )
    assert limit.jobs == 11


def test_a_timeout_of_a_call_from_before_the_cut_is_the_same_trouble():
    limit = reached(16)
    limit.ended([TimedCall(60.0, CallSignal.LOST)], 16, 100.0)
    limit.ended([TimedCall(60.0, CallSignal.LOST)], 15, 100.5)
    assert limit.jobs == 11
    limit.ended([TimedCall(60.0, CallSignal.LOST)], 11, 170.0)
    assert limit.jobs == 7


def test_answers_among_refusals_do_not_soften_them():
    limit = reached(16)
    mixed = [TimedCall(SERVICE, CallSignal.ANSWER), TimedCall(0.001, CallSignal.REFUSED)] * 4
    limit.ended(mixed, 16, 10.0)
    assert limit.jobs == 11


def test_nothing_and_no_time_at_all_are_borne():
    limit = AdaptiveLimit()
    limit.ended([], 1, 0.0)
    for turn in range(500):
        limit.ended([TimedCall(0.0, CallSignal.ANSWER)] * limit.jobs, limit.jobs, turn * 0.001)
    assert limit.jobs >= 1


def test_an_answer_takes_few_steps():
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
    # Of Python's calls: one for each answer, and some for a turn.
    assert steps < 2 * 500 * len(batch)

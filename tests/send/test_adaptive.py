# SPDX-License-Identifier: MIT

import pytest

from gs.profile.status.send.run.adaptive import MAX_IN_FLIGHT, AdaptiveLimit
from gs.profile.status.send.run.model import CallSignal, TimedCall
from gs.profile.status.send.run.pace import FixedLimit

from .simulated import Sender, SimulatedSite
from .simulations import (
    SEEDS,
    SERVICE,
    STEADY,
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


def test_it_starts_with_one():
    assert AdaptiveLimit().jobs == 1


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [*STEADY, half_skipped])
def test_a_site_that_serves_one_at_a_time_is_called_by_one_or_two(kind, seed):
    seen = auto(1, kind, seed).between(20, 60)
    assert sum(jobs <= 2 for jobs in seen) > 900
    assert sum(seen) / len(seen) < 1.8


@pytest.mark.parametrize(("kind", "seed"), seeded(most_skipped, drifting, most_skipped))
def test_a_site_that_serves_one_at_a_time_is_hardly_ever_called_by_many(kind, seed):
    seen = auto(1, kind, seed, 120).between(20, 120)
    assert sum(jobs <= 4 for jobs in seen) > 900
    assert sum(seen) / len(seen) < 3


@pytest.mark.parametrize(("kind", "seed"), seeded(*STEADY))
def test_sixteen_workers_are_called_by_about_sixteen(kind, seed):
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
def test_every_number_of_workers_is_kept_busy_and_no_more(workers, kind):
    # So many have four times as many answers in a second: they need no more to be found.
    end = 60 if workers < 64 else 30
    trace = auto(workers, kind, seconds=end)
    best = fixed(workers, workers, kind, seconds=end).rate(20, end)
    assert trace.rate(20, end) > 0.85 * best
    assert trace.mean(20, end) < max(1.3 * workers, workers + 1)


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("kind", [*STEADY, half_skipped])
def test_cores_that_are_shared_are_kept_busy_and_no_more(workers, kind):
    trace = auto(workers, kind, sharing=True)
    best = fixed(workers, workers, kind, sharing=True).rate(20, 60)
    assert trace.rate(20, 60) > 0.8 * best
    assert trace.mean(20, 60) < max(1.4 * workers, workers + 1)


@pytest.mark.parametrize(("kind", "seed"), [(half_skipped, 1), (drifting, 3)])
def test_who_is_skipped_and_how_many_does_not_mislead_it(kind, seed):
    trace = auto(16, kind, seed, 120)
    best = fixed(16, 16, kind, seed, 120).rate(20, 120)
    assert trace.rate(20, 120) > 0.75 * best
    assert trace.mean(20, 120) < 26


def test_sixteen_are_reached_within_twenty_calls_one_after_the_other():
    assert auto(16, seconds=2).mean(20 * SERVICE, 2) > 12


@pytest.mark.parametrize(("kind", "seed"), seeded(equal, lognormal, lognormal))
def test_a_site_that_slows_down_to_a_tenth_is_spared_within_seconds(kind, seed):
    trace = auto(16, kind, seed, 70, changes=[(20, {"speed": 0.1}), (50, {"speed": 1.0})])
    assert trace.mean(20 + 3 * 10 * SERVICE, 20 + 4 * 10 * SERVICE) < 9
    # ... and has sixteen workers still, as it finds.
    assert 13 < trace.mean(32, 50) < 20
    assert trace.rate(52, 70) > 0.9 * 16 / SERVICE


@pytest.mark.parametrize(("kind", "seed"), seeded(equal, lognormal, lognormal))
def test_a_site_that_loses_its_workers_is_followed_and_when_they_come_back(kind, seed):
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
def test_a_latency_that_has_changed_for_good_is_the_usual_one(kind, speed):
    # It learns from answers: where there are more of them in a second, it needs fewer seconds.
    settled, end = 20 + 80 / max(1, speed), 20 + 130 / max(1, speed)
    trace = auto(16, kind, seconds=end, changes=[(20, {"speed": speed})])
    assert 12.5 < trace.mean(settled, end) < 21


def answer(limit, seconds, now):
    """Have all that may be in flight answered after so many seconds; return when that is."""
    now += seconds
    limit.ended([TimedCall(seconds, CallSignal.ANSWER)] * limit.jobs, limit.jobs, now)
    return now


def test_a_site_that_becomes_fast_during_a_trial_is_not_taken_for_one_that_can_do_more():
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
def test_pauses_of_the_site_do_not_keep_it_down(kind):
    pauses = [(at, {"speed": 1e-9}) for at in range(5, 60, 5)]
    ends = [(at + 0.4, {"speed": 1.0}) for at in range(5, 60, 5)]
    trace = auto(16, kind, changes=sorted(pauses + ends, key=lambda change: change[0]))
    best = 16 / SERVICE * (5 - 0.4) / 5
    assert trace.rate(10, 60) > 0.7 * best


@pytest.mark.parametrize("workers", [1, 16])
@pytest.mark.parametrize("kind", [equal, lognormal, half_skipped])
def test_others_wait_no_more_than_twice_as_long(workers, kind):
    idle = SERVICE
    # With one worker, a single call at a time may be enough to double it.
    one = fixed(1, workers, kind, seconds=120, page=SERVICE).probe(20, 120)
    found = auto(workers, kind, seconds=120, page=SERVICE).probe(20, 120)
    assert found < max(2 * idle, 1.15 * one)
    assert fixed(64, workers, kind, seconds=40, page=SERVICE).probe(20, 40) > 3.5 * idle


def test_where_the_sender_is_the_slower_part_it_is_kept_busy():
    def rate(limit):
        # 80 µs a member and 1 ms a turn; the site could do ten times as many.
        site = SimulatedSite(64)
        sender = Sender(limit, site, lambda _now: 0.0002, turn=0.001, each=0.00008)
        return sender.run(4).rate(0.2, 4)

    assert rate(AdaptiveLimit()) > 0.8 * rate(FixedLimit(64))


def test_it_is_never_above_the_most():
    assert max(jobs for _, jobs, _ in auto(1000, seconds=20).turns) == MAX_IN_FLIGHT
    trace = send(AdaptiveLimit(maximum=4), SimulatedSite(16), seconds=20)
    assert max(jobs for _, jobs, _ in trace.turns) == 4

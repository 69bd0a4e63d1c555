# SPDX-License-Identifier: MIT
"""Simulated runs of -j auto, and of a fixed number, against sites with answers of many kinds."""

import math
import random
from itertools import cycle

from gs.profile.status.send.run.adaptive import AdaptiveLimit
from gs.profile.status.send.run.pace import FixedLimit

from .simulated import Sender, SimulatedSite

SERVICE = 0.05
SEEDS = (1, 2, 3)


def equal(_rng):
    return lambda _now: SERVICE


def lognormal(rng):
    return lambda _now: SERVICE * rng.lognormvariate(-0.125, 0.5)


def exponential(rng):
    return lambda _now: rng.expovariate(1 / SERVICE)


def ten_times(rng):
    # Two in a hundred take ten times as long.
    return lambda _now: SERVICE * rng.uniform(0.9, 1.1) * (10 if rng.random() < 0.02 else 1)


def half_skipped(rng):
    return lambda _now: SERVICE * rng.uniform(0.8, 1.2) * (0.02 if rng.random() < 0.5 else 2)


def most_skipped(rng):
    return lambda _now: SERVICE * rng.uniform(0.8, 1.2) * (0.02 if rng.random() < 0.8 else 5)


def drifting(rng):
    # From 5 in a hundred skipped to 95, and back, every 100 seconds.
    def work(now):
        skipped = 0.5 - 0.45 * math.cos(now * math.tau / 100)
        return SERVICE * rng.uniform(0.8, 1.2) * (0.02 if rng.random() < skipped else 2)

    return work


#: Those whose mean stays.
STEADY = (equal, lognormal, exponential, ten_times)


def seeded(*kinds):
    """Return each of *kinds* with a seed, the next one each time: fewer runs than a product."""
    return list(zip(kinds, cycle(SEEDS), strict=False))


def send(limit, site, kind=equal, seed=1, seconds=60.0, **more):
    """Send to *site* for so many seconds, and return what was seen."""
    return Sender(limit, site, kind(random.Random(seed)), **more).run(seconds)


def auto(workers, kind=equal, seed=1, seconds=60.0, *, sharing=False, most=math.inf, **more):
    site = SimulatedSite(workers, sharing=sharing, most=most)
    return send(AdaptiveLimit(), site, kind, seed, seconds, **more)


def fixed(jobs, workers, kind=equal, seed=1, seconds=60.0, *, sharing=False, **more):
    site = SimulatedSite(workers, sharing=sharing)
    return send(FixedLimit(jobs), site, kind, seed, seconds, **more)

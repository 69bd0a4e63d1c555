# SPDX-License-Identifier: MIT
"""The sizes of the measurements: full, or quick for development."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Sizes:
    """The numbers of members of each part, the *rounds*, and the seconds of wrk in each."""

    rounds: int
    members: int
    tls_members: int
    wrk_seconds: int
    one_by_one: int
    parallel: int
    xargs: int
    curl: int
    aiohttp: int
    httpx: int
    small: int
    large: int
    huge: int
    latency: int
    starts: int
    notified: int
    growing: int
    listed: int


FULL: Final = Sizes(
    rounds=3,
    members=200_000,
    tls_members=200_000,
    wrk_seconds=5,
    one_by_one=3_000,
    parallel=1_500,
    xargs=3_000,
    curl=60_000,
    aiohttp=40_000,
    httpx=2_000,
    small=100_000,
    large=1_000_000,
    huge=10_000_000,
    latency=400,
    starts=15,
    notified=5_000,
    growing=1_000,
    listed=1_000_000,
)

QUICK: Final = Sizes(
    rounds=1,
    members=20_000,
    tls_members=20_000,
    wrk_seconds=1,
    one_by_one=500,
    parallel=200,
    xargs=500,
    curl=10_000,
    aiohttp=5_000,
    httpx=300,
    small=10_000,
    large=100_000,
    huge=1_000_000,
    latency=100,
    starts=5,
    notified=1_000,
    growing=200,
    listed=100_000,
)

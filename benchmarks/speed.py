# SPDX-License-Identifier: MIT
"""The speed of sendprofile and of other programs with the same server, in turn."""

import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

from benchmarks.contenders import OURS, Contender, Sample, ours, peers, wrk
from benchmarks.figures import TIMES, Better, Figure, Result, median_of
from benchmarks.machine import MissingError
from benchmarks.process_cost import FailedError, cost
from benchmarks.workbench import Workbench

Rounds = Mapping[str, Sequence[Sample]]

# The required speed as a multiple of each program; None is for information.
_TIMES: Final = {
    "requests.post for each": 15.0,
    "parallel -j64 curl": 150.0,
    "xargs -P64 curl": 75.0,
    "curl --parallel-max 64": 1.0,
    "aiohttp, 64 tasks": None,
    "httpx, 64 tasks": None,
}


def over_http(bench: Workbench) -> Result:
    """Measure over HTTP, with all other programs."""
    root, members = bench.nginx.http, bench.sizes.members
    contenders = {OURS: ours(bench, root, members), "wrk": wrk(bench, root), **peers(bench, root)}
    rounds = _rounds(bench, contenders)
    mine = rounds[OURS]
    figures = [
        median_of(
            f"CPU of `{OURS}` a member, {members:,} members",
            [sample.cpu for sample in mine],
            "µs",
            bound=60,
            aim=40,
        ),
        median_of(f"rate of `{OURS}`", [sample.rate for sample in mine], "/s", better=Better.MORE),
        _share(f"rate of `{OURS}`, as a share of wrk's", rounds, bound=12, aim=20),
    ]
    for name, bound in _TIMES.items():
        figures.append(_times(name, rounds, bound))
    return Result(figures, _as_json(rounds))


def over_tls(bench: Workbench) -> Result:
    """Measure over TLS with wrk, which supports HTTP/1.1 only, and over HTTP/2."""
    server, members = bench.nginx, bench.sizes.tls_members
    trust = ["--cacert", str(server.authority)]
    contenders = {
        OURS: ours(bench, server.https, members, *trust),
        "wrk": wrk(bench, server.https),
        f"{OURS}, HTTP/2": ours(bench, server.h2, members, *trust),
    }
    rounds = _rounds(bench, contenders)
    figures = [
        _share(
            f"rate of `{OURS}` over TLS, as a share of wrk's over TLS", rounds, bound=20, aim=30
        ),
        *(
            median_of(
                f"CPU of {_typed(name)} a member over TLS", [one.cpu for one in samples], "µs"
            )
            for name, samples in rounds.items()
            if name != "wrk"
        ),
    ]
    return Result(figures, _as_json(rounds))


def _rounds(bench: Workbench, contenders: Mapping[str, Contender]) -> Rounds:
    core = bench.cores.client
    cost(ours(bench, bench.nginx.http, 1).command(), core)  # to warm up
    rounds: dict[str, list[Sample]] = {name: [] for name in contenders}
    for _ in range(bench.sizes.rounds):
        for name, contender in contenders.items():
            try:
                before = bench.nginx.requests()
                sample = contender.sample(cost(contender.command(), core))
                contender.check(bench.nginx.requests() - before)
            except (MissingError, FailedError) as error:
                print(f"SKIPPED: {name}: {error}", file=sys.stderr)
            else:
                print(f"  {name:<32}{sample.rate:>10,.0f}/s{sample.cpu:>10,.1f} µs", flush=True)
                rounds[name].append(sample)
    return rounds


def _share(name: str, rounds: Rounds, bound: float, aim: float) -> Figure:
    pairs = _pairs(rounds, "wrk")
    shares = [100 * mine.rate / theirs.rate for mine, theirs in pairs]
    return median_of(
        name, shares, "%", better=Better.MORE, bound=bound, aim=aim, note=_cpu_beside(pairs)
    )


def _times(name: str, rounds: Rounds, bound: float | None) -> Figure:
    pairs = _pairs(rounds, name)
    ratios = [mine.rate / theirs.rate for mine, theirs in pairs]
    title = f"faster than {_typed(name)}"
    note = _cpu_beside(pairs)
    return median_of(title, ratios, TIMES, better=Better.MORE, bound=bound, note=note)


def _cpu_beside(pairs: Sequence[tuple[Sample, Sample]]) -> str:
    if not pairs:
        return "skipped"
    ratio = statistics.median(theirs.cpu / mine.cpu for mine, theirs in pairs)
    return f"that one takes {ratio:,.2f} {TIMES} the CPU"


def _pairs(rounds: Rounds, name: str) -> list[tuple[Sample, Sample]]:
    # Pairs of one round: a disturbance affects both.
    return list(zip(rounds[OURS], rounds[name], strict=False))


def _typed(name: str) -> str:
    command, comma, rest = name.partition(",")
    return f"`{command}`{comma}{rest}"


def _as_json(rounds: Rounds) -> dict[str, object]:
    return {name: [asdict(sample) for sample in samples] for name, samples in rounds.items()}

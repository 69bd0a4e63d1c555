# SPDX-License-Identifier: MIT
"""Measures ``-j auto``: the limit it finds, how it adapts, and its effect on other users.

python -m benchmarks.auto
"""

import asyncio
import json
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.auto_trials import Series, Trial, run

OUT: Final = Path("build/bench")
PICTURES: Final = Path("docs/pictures")

# Trials that run at the same time: they mostly wait, and must not delay each other.
_AT_ONCE: Final = 4
# Seconds before the mean is taken: the limit is found by then.
_FOUND: Final = 5.0
_PROBED: Final = 25.0
# Seconds after which a refusing site is probed less often.
_LEARNT: Final = 10.0

_JOBS: Final = ("1", "auto", "64")

TRIALS: Final = (
    Trial("one", 15, 1),
    Trial("sixteen", 15, 16),
    Trial("slow", 30, 16, changes=[(8, {"service": 0.5}), (20, {"service": 0.05})]),
    Trial("fewer", 30, 16, changes=[(8, {"workers": 2}), (16, {"workers": 16})]),
    Trial("refused", 30, 16, most=8),
    *(
        Trial(f"{workers} workers, {jobs or 'idle'}", _PROBED, workers, jobs, probed=True)
        for workers in (1, 16)
        for jobs in (None, *_JOBS)
    ),
)


def main() -> None:
    """Run all trials, print a table, write the figures as JSON and draw the pictures."""
    # Imported late: it is slow, and other parts do not need it.
    from benchmarks.auto_pictures import draw  # noqa: PLC0415

    found = asyncio.run(_all())
    figures = _figures(found)
    for name, value in figures.items():
        print(f"{name:<62}{value:>10.2f}")
    OUT.mkdir(parents=True, exist_ok=True)
    output = {
        "figures": figures,
        "series": {trial.name: _as_json(found[trial.name], trial) for trial in TRIALS},
    }
    (OUT / "auto.json").write_text(json.dumps(output, indent=1) + "\n", "utf-8")
    draw({trial.name: (trial, found[trial.name]) for trial in TRIALS}, PICTURES)


async def _all() -> dict[str, Series]:
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(trial: Trial) -> tuple[str, Series]:
        async with places:
            return trial.name, await run(trial)

    return dict(await asyncio.gather(*map(one, TRIALS)))


def _figures(found: Mapping[str, Series]) -> dict[str, float]:
    one, sixteen, slow = found["one"], found["sixteen"], found["slow"]
    fewer, refused = found["fewer"], found["refused"]
    return {
        "1 worker: in flight": one.mean(_FOUND, 15),
        "1 worker: share of what it can do": one.rate(_FOUND, 15) / 20,
        "16 workers: in flight": sixteen.mean(_FOUND, 15),
        "16 workers: share of what they can do": sixteen.rate(_FOUND, 15) / 320,
        "16 workers: seconds until 14 are in flight": _reached(sixteen, 14),
        "a tenth as fast: in flight, 1.5 to 2 s later": slow.mean(9.5, 10),
        "a tenth as fast: in flight, 8 to 12 s later": slow.mean(16, 20),
        "fast again: share of what it can do, from 1 s later": slow.rate(21, 30) / 320,
        "2 of 16 workers left: in flight, 2 to 8 s later": fewer.mean(10, 16),
        "16 workers again: seconds until 14 are in flight": _reached(fewer, 14, 16),
        "refuses above 8: in flight, from 10 s": refused.mean(_LEARNT, 30),
        "refuses above 8: refusals in the first 10 s": sum(at < _LEARNT for at in refused.refused),
        "refuses above 8: refusals in 20 s after that": sum(
            at >= _LEARNT for at in refused.refused
        ),
        **_probed(found),
    }


def _probed(found: Mapping[str, Series]) -> dict[str, float]:
    return {
        f"{workers} worker(s): a page takes times as long, -j {jobs}": (
            statistics.mean(found[f"{workers} workers, {jobs}"].waits(_FOUND))
            / statistics.mean(found[f"{workers} workers, idle"].waits())
        )
        for workers in (1, 16)
        for jobs in _JOBS
    }


def _reached(series: Series, level: float, start: float = 0.0) -> float:
    found = (at for at, mean in series.levels(30) if at >= start and mean >= level)
    return next(found, start + 99.0) - start


def _as_json(series: Series, trial: Trial) -> dict[str, object]:
    steps = [step / 2 for step in range(int(trial.seconds * 2))]
    return {
        "in_flight": [[at, round(mean, 2)] for at, mean in series.levels(trial.seconds)],
        "answers_a_second": [[at, series.rate(at, at + 0.5)] for at in steps],
        "refused": [round(at, 3) for at in series.refused],
        "page_seconds": [[round(at, 2), round(taken, 4)] for at, taken in series.probes],
    }


if __name__ == "__main__":
    main()

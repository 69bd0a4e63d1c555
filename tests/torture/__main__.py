# SPDX-License-Identifier: MIT
"""Long torture runs with a report: ``python -m torture --kills 1000``."""

import argparse
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from .random_trial import any_site
from .trial import Result, Trial, counting_site

_Site = Callable[[Trial, Path, Random], Result]
_SITES: dict[str, _Site] = {
    "without keys": partial(counting_site, honours_keys=False),
    "with keys": partial(counting_site, honours_keys=True),
    "real": any_site,
}
#: The number of kills in one run.
_FEWEST, _MOST = 10, 60
_JOBS = "64"


@dataclass(slots=True)
class _Sum:
    kills: int = 0
    runs: int = 0
    mailed: int = 0
    unknown: int = 0
    broke: int = 0

    def add(self, result: Result) -> None:
        self.kills += result.account.kills + result.disruptions
        self.runs += 1
        self.mailed += result.account.count("sent")
        self.unknown += len(result.account.unknown)
        self.broke += len(result.broke)


def main() -> int:
    """Run the torture; return 1 if a promise was broken."""
    options = _options()
    total, began, number = _Sum(), time.monotonic(), 0
    _say(f"seed {options.seed}")
    while total.kills < options.kills:
        name = list(_SITES)[number % len(_SITES)] if options.site == "all" else options.site
        # Each run has its own seed, so that it can be repeated alone.
        chance = Random(f"{options.seed} {number}")
        kills = min(chance.randint(_FEWEST, _MOST), options.kills - total.kills)
        # The real site chooses at random unless --jobs is given.
        jobs = options.jobs or ("" if name == "real" else _JOBS)
        with tempfile.TemporaryDirectory() as folder:
            result = _SITES[name](Trial(options.members, jobs, kills), Path(folder), chance)
        total.add(result)
        number += 1
        _say(_line(number, name, result, total, time.monotonic() - began))
        for broken in result.broke:
            _say(f"    BROKEN: {broken}")
    _say(_summary(total, time.monotonic() - began, options.seed))
    return bool(total.broke)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a program


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=1_000, metavar="N")
    parser.add_argument("--members", type=int, default=5_000, metavar="N")
    parser.add_argument("-j", "--jobs", default="", metavar="N|auto")
    parser.add_argument("--site", choices=["all", *_SITES], default="all")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9), metavar="N")
    return parser.parse_args()


def _line(number: int, name: str, result: Result, total: _Sum, seconds: float) -> str:
    account = result.account
    text = f"{account.kills + result.disruptions:>3} kills, {account.count('sent'):>5} sent once"
    text += f", {account.count('skipped'):>4} skipped, {len(account.unknown):>4} unknown"
    return f"run {number:>3} ({name:<12}): {text}; {total.kills:>5} kills in {seconds:.0f} s"


def _summary(total: _Sum, seconds: float, seed: int) -> str:
    kept = f"{total.broke} promises broken" if total.broke else "every promise kept"
    text = f"{total.kills} kills in {total.runs} runs and {seconds:.0f} s: {kept};"
    return f"{text} {total.mailed} sent, {total.unknown} unknown (--seed {seed})"


if __name__ == "__main__":
    sys.exit(main())

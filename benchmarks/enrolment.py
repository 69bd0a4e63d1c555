# SPDX-License-Identifier: MIT
"""The cost of a very long list before the first call, in a new and in a nearly complete run."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure, Result
from benchmarks.growth import THOUSAND, memory_figure
from benchmarks.holding_site import Marks, Run, holding_site
from benchmarks.ledgers import ExampleRows
from benchmarks.member_lists import write_list
from benchmarks.process_cost import Cost
from benchmarks.workbench import Workbench

# The promise is for ten million members.
_PROMISE_FOR: Final = 10_000_000
_ENROL_BOUND: Final = 45
_RESUME_BOUND: Final = 2

_REMAINING: Final = 100
_JOINED: Final = "a list with one member more"
_JOBS: Final = ("-j", "64")

Seen = tuple[Cost, Marks]


def enrol(bench: Workbench) -> Result:
    """Enrol a list, and send to a thousand members."""
    huge = bench.sizes.huge
    with holding_site(bench) as run:
        few, enrolled = _few(bench, run), _enrol(bench, run, bench.sender.new_ledger())
    figures = [memory_figure(huge, enrolled[0].peak, few[0].peak), _enrolled(huge, enrolled[1])]
    return Result(figures, _samples({"few": few, "enrolled": enrolled}))


def enrol_and_resume(bench: Workbench) -> Result:
    """Enrol a list, mark all but a hundred members as sent, and resume with three later lists."""
    huge = bench.sizes.huge
    with holding_site(bench) as run:
        few = _few(bench, run)
        ledger = bench.sender.new_ledger()
        enrolled, resumed = _enrol(bench, run, ledger), {}
        rows = ExampleRows.of(ledger)
        for how, place in _later_lists(bench).items():
            rows.mark_all_but(ledger, _REMAINING)
            resumed[how] = run(place, ledger, *_JOBS)
    peak = max(cost.peak for cost, _ in (enrolled, *resumed.values()))
    figures = [
        memory_figure(huge, peak, few[0].peak),
        _enrolled(huge, enrolled[1]),
        *(_resumed(huge, how, marks) for how, (_, marks) in resumed.items()),
    ]
    return Result(figures, _samples({"few": few, "enrolled": enrolled, **resumed}))


def _later_lists(bench: Workbench) -> dict[str, Path]:
    lists, huge = bench.lists, bench.sizes.huge
    return {
        "the same list": write_list(lists, huge),
        "the list in another order": write_list(lists, huge, backwards=True),
        _JOINED: write_list(lists, huge + 1),
    }


def _few(bench: Workbench, run: Run) -> Seen:
    return run(write_list(bench.lists, THOUSAND), bench.sender.new_ledger(), *_JOBS)


def _enrol(bench: Workbench, run: Run, ledger: Path) -> Seen:
    place = write_list(bench.lists, bench.sizes.huge)
    return run(place, ledger, *_JOBS, "--limit", str(THOUSAND))


def _enrolled(huge: int, marks: Marks) -> Figure:
    return Figure(
        f"CPU to enrol {huge:,} members: from the start to the first request",
        marks.sent,
        "s",
        bound=_ENROL_BOUND * huge / _PROMISE_FOR,
        note=f"while the list arrived {marks.read - marks.asked:.2f} s, "
        f"then {marks.sent - marks.read:.2f} s",
    )


def _resumed(huge: int, how: str, marks: Marks) -> Figure:
    return Figure(
        f"CPU to resume {huge:,} with {_REMAINING} left, {how}: from its end to the first request",
        marks.sent - marks.read,
        "s",
        # The promise does not include a list with another member.
        bound=None if how == _JOINED else _RESUME_BOUND * huge / _PROMISE_FOR,
        note=f"before the list {marks.asked:.2f} s, "
        f"while it arrived {marks.read - marks.asked:.2f} s",
    )


def _samples(seen: Mapping[str, Seen]) -> dict[str, object]:
    return {
        name: {
            "seconds": cost.seconds,
            "cpu_seconds": cost.cpu,
            "peak_kib": cost.peak,
            "cpu_seconds_when": asdict(marks),
        }
        for name, (cost, marks) in seen.items()
    }

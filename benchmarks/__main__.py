# SPDX-License-Identifier: MIT
"""Measures the promised speed of sendprofile: ``python -m benchmarks [part …]``."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from benchmarks import enrolment, growth, latency, manual, speed, start_up, table
from benchmarks.figures import Figure, Result
from benchmarks.machine import Cores, MissingError, describe, warnings
from benchmarks.process_cost import FailedError
from benchmarks.site import part as site
from benchmarks.sizes import FULL, QUICK
from benchmarks.workbench import Workbench

Measure = Callable[[Workbench], Result]

OUT: Final = Path("build/bench").absolute()

PARTS: Final[Mapping[str, Measure]] = {
    "speed": speed.over_http,
    "tls": speed.over_tls,
    "growth": growth.measure,
    "enrol": enrolment.enrol,
    "resume": enrolment.enrol_and_resume,
    "latency": latency.measure,
    "start-up": start_up.measure,
    "site": site.measure,
}

# The adaptive pace has its own pictures and no figures.
AUTO: Final = "auto"


def main(argv: Sequence[str]) -> None:
    """Measure the parts that *argv* names; print, write and draw the results."""
    # With an exception, so that nginx is stopped too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = _options(argv)
    OUT.mkdir(parents=True, exist_ok=True)
    began, cores = time.monotonic(), Cores.of_machine()
    for warning in warnings(OUT, cores):
        print(f"NOTE: {warning}", file=sys.stderr)
    machine = describe(OUT, cores)
    print(json.dumps(machine, indent=2, ensure_ascii=False))
    with ExitStack() as closing:
        sizes = QUICK if options.quick else FULL
        bench = Workbench(OUT, sizes, cores, closing, options.data)
        results = _measured(bench, options.parts)
    minutes = (time.monotonic() - began) / 60
    _write(results, {**machine, "quick": options.quick, "minutes": round(minutes, 1)})
    _print(results)
    whole = not options.quick and not options.parts
    if whole:
        manual.write([figure for figure in _figures(results) if figure.in_manual], machine)
    _draw(results, manual.PICTURES if whole else OUT)
    if whole or AUTO in options.parts:
        _measure_auto()


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer members, fewer rounds")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="mail archives for the site to be measured with",
    )
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join([*PARTS, AUTO]))
    options = parser.parse_args(argv)
    unknown = set(options.parts) - {*PARTS, AUTO}
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    return options


def _chosen(parts: Sequence[str]) -> list[tuple[str, Measure]]:
    # "resume" includes the enrolment.
    chosen = [part for part in PARTS if not parts or part in parts]
    if {"enrol", "resume"} <= set(chosen):
        chosen.remove("enrol")
    return [(part, PARTS[part]) for part in chosen]


def _measured(bench: Workbench, parts: Sequence[str]) -> dict[str, Result]:
    results = {}
    for part, measure in _chosen(parts):
        print(f"\n{part}", flush=True)
        try:
            results[part] = measure(bench)
        except (MissingError, FailedError) as error:
            print(f"SKIPPED: {part}: {error}", file=sys.stderr)
            results[part] = Result([Figure(part, None, note="skipped")])
        print(table.as_text(results[part].figures))
    return results


def _write(results: Mapping[str, Result], machine: Mapping[str, object]) -> None:
    for part, result in results.items():
        output = {
            "machine": machine,
            "figures": [figure.as_json() for figure in result.figures],
            "samples": result.samples,
        }
        text = json.dumps(output, indent=2, ensure_ascii=False)
        (OUT / f"{part}.json").write_text(f"{text}\n", "utf-8")


def _print(results: Mapping[str, Result]) -> None:
    figures = _figures(results)
    print(f"\n{table.as_text(figures)}\n")
    for line in table.broken_bounds(figures):
        print(line)
    print(f"The results are in {OUT}")


def _draw(results: Mapping[str, Result], folder: Path) -> None:
    if "speed" not in results or not results["speed"].samples:
        return
    # Imported late: the memory of this process counts in the peak of its children.
    from benchmarks.pictures import draw_contenders  # noqa: PLC0415

    samples = json.loads((OUT / "speed.json").read_text("utf-8"))["samples"]
    draw_contenders(samples, folder / "bench.svg")


def _measure_auto() -> None:
    if find_spec("benchmarks.auto") is None:
        print("SKIPPED: auto: benchmarks/auto.py is missing", file=sys.stderr)
        return
    import_module("benchmarks.auto").main()


def _figures(results: Mapping[str, Result]) -> list[Figure]:
    return [figure for result in results.values() for figure in result.figures]


if __name__ == "__main__":
    main(sys.argv[1:])

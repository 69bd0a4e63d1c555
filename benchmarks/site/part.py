# SPDX-License-Identifier: MIT
"""All figures of the site: cost of mailing, skipping, listing, importing, and growth."""

import shutil
import sqlite3
import statistics
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.figures import TIMES, Better, Figure, Result, median_of
from benchmarks.site import importing, members_hook
from benchmarks.site.archives import find, multiplied
from benchmarks.site.importing import Imported, imported
from benchmarks.site.members import mail_all, skip_all
from benchmarks.site.process import copied
from benchmarks.site.runs import INACTIVE, NO_ADDRESS, SENT, BenchSite, Sample, interleaved
from benchmarks.workbench import Workbench

_TIMES: Final = 10
_GROWS: Final = 1.3

# The most expensive skips: they need the addresses or the groups.
_SKIPPED: Final = {"no activity": INACTIVE, "no verified address": NO_ADDRESS}
_PERIOD: Final = (
    "SELECT value FROM option WHERE component_id = 'gs.profile.status.site'"
    " AND option_id = 'period'"
)


def measure(bench: Workbench) -> Result:
    """Measure all figures, each kind of members in turn in every round."""
    try:
        return _measured(bench)
    finally:
        # The sites contain posts of real people.
        for folder in bench.folder.glob("site-*"):
            shutil.rmtree(folder)


def _measured(bench: Workbench) -> Result:
    archives, sizes = find(bench.data, bench.folder), bench.sizes
    few = imported(bench, archives, "site-few")
    with TemporaryDirectory(dir=bench.folder, prefix="site-") as work:
        many = imported(bench, multiplied(archives, _TIMES, Path(work)), "site-many")
    kinds = _sites(bench, few, many)
    rounds = interleaved(bench, list(kinds.values()))
    samples = dict(zip(kinds, zip(*rounds, strict=True), strict=True))
    listed = members_hook.measure(bench, few.folder)
    figures = [
        *_sent(samples["mailed"], sizes.notified, archives.name),
        *(_skip(kind, samples[kind], sizes.notified) for kind in _SKIPPED),
        *listed.figures,
        *_grown(samples, sizes.growing),
        *importing.figures(few, many),
    ]
    kept = {
        "sending": {kind: [asdict(one) for one in some] for kind, some in samples.items()},
        "members_hook": listed.samples,
        "import": [importing.as_json(few), importing.as_json(many)],
    }
    return Result(figures, kept)


def _sites(bench: Workbench, few: Imported, many: Imported) -> dict[str, BenchSite]:
    notified, growing = bench.sizes.notified, bench.sizes.growing
    return {
        "mailed": _mailed(bench, few, notified, "site-mailed"),
        **{kind: _skipped(bench, few, event) for kind, event in _SKIPPED.items()},
        "small": _mailed(bench, few, growing, "site-small"),
        "large": _mailed(bench, many, growing * _TIMES, "site-large"),
    }


def _mailed(bench: Workbench, site: Imported, members: int, name: str) -> BenchSite:
    folder = copied(site.folder, bench.folder / name)
    mail_all(folder, members, _period(folder))
    return BenchSite(folder, members, SENT)


def _skipped(bench: Workbench, site: Imported, event: str) -> BenchSite:
    folder = copied(site.folder, bench.folder / f"site-skipped-{event}")
    skip_all(folder, bench.sizes.notified, verified=event == INACTIVE)
    return BenchSite(folder, bench.sizes.notified, event)


def _period(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "site.sqlite3")) as database:
        fixed = database.execute(_PERIOD).fetchone()
    # For an active archive, the site reports on the month before today.
    before = datetime.now(UTC).replace(day=1) - timedelta(days=1)
    return str(fixed[0]) if fixed else f"{before:%Y-%m}"


def _sent(samples: Sequence[Sample], members: int, archives: str) -> list[Figure]:
    return [
        median_of(
            f"CPU of the site a mailed notification, {members:,} members, {archives}",
            [sample.cpu for sample in samples],
            "ms",
            bound=4,
            aim=2,
            note=_known(samples),
        ),
        median_of(
            "rate of notifications, `sendprofile -j 16`",
            [sample.rate for sample in samples],
            "/s",
            better=Better.MORE,
        ),
    ]


def _skip(kind: str, samples: Sequence[Sample], members: int) -> Figure:
    return median_of(
        f"CPU of the site a skipped member, {members:,} members: {kind}",
        [sample.cpu for sample in samples],
        "ms",
        bound=0.5,
        note=_known(samples),
    )


def _grown(samples: Mapping[str, Sequence[Sample]], members: int) -> list[Figure]:
    name = (
        f"CPU of the site a mailed notification, {_TIMES} times the posts and {_TIMES} times "
        f"the {members:,} members, as a multiple"
    )
    pairs = list(zip(samples["small"], samples["large"], strict=True))
    whole = [large.cpu / small.cpu for small, large in pairs]
    known = [large.known / small.known for small, large in pairs]
    return [
        median_of(name, whole, TIMES, bound=_GROWS),
        median_of(f"{name}, the groups' figures being known", known, TIMES, bound=_GROWS),
    ]


def _known(samples: Sequence[Sample]) -> str:
    middle = statistics.median(sample.known for sample in samples)
    return f"the groups' figures being known: {middle:.2f} ms"

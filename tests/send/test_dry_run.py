# SPDX-License-Identifier: MIT
"""A dry run shows what a run would do, and changes nothing."""

import json
from contextlib import closing

import pytest

from gs.profile.status.hooks import Period
from gs.profile.status.send.ledger import runs
from gs.profile.status.send.ledger.connection import open_ledger
from gs.profile.status.send.ledger.dryrun import DryRun
from gs.profile.status.send.run.model import KEY_MARGIN, Selection
from servers import faults

from .fakes import Clock

ODD = "\x1b[31m\u202e\r\n"


def would(call, site, *argv):
    """Return the JSON of a dry run: how many would be sent to, the others, and the removed."""
    report = json.loads(call("--dry-run", "--json", "--period", "2026-10", *argv, site.url).stdout)
    return report["would_send"], report["others"], report["no_longer_listed"]


@pytest.fixture
def half_done(groupserver, call):
    """Return a site with six members: two sent, one each failed, unknown, skipped and waiting."""
    site = groupserver(members=list("abcdef"))
    site.answers = {"c": -1024, "d": faults.trouble(500), "e": -32}
    call("--period", "2026-10", "--limit", "5", site.url)
    return site


REHEARSALS = [
    ([], 2, {"sent": 2, "unknown": 1, "skipped": 1}),
    (["--resend-unknown"], 3, {"sent": 2, "skipped": 1}),
    (["--limit", "1"], 1, {"sent": 2, "unknown": 1, "skipped": 1, "waiting": 1}),
    (["--only", "c"], 1, {"sent": 2, "unknown": 1, "skipped": 1, "waiting": 1}),
    (["--only", "a"], 0, {"sent": 2, "unknown": 1, "skipped": 1, "failed": 1, "waiting": 1}),
    (["--only", "d", "--resend-unknown"], 1, {"sent": 2, "skipped": 1, "failed": 1, "waiting": 1}),
]


@pytest.mark.parametrize(("argv", "sends", "others"), REHEARSALS)
def test_a_dry_run_counts_the_members_that_the_run_then_sends_to(
    half_done, call, argv, sends, others
):
    assert would(call, half_done, *argv) == (sends, others, 0)
    before = len(half_done.sends)
    call("--period", "2026-10", *argv, half_done.url)
    assert len(half_done.sends) - before == sends


DAY = 86_400


@pytest.mark.parametrize(
    ("passed", "usable"),
    [(DAY - KEY_MARGIN - 1, True), (DAY - KEY_MARGIN, False), (-60, True), (-61, False)],
)
def test_an_unknown_member_would_be_sent_to_if_the_key_may_be_used_again(ledger, passed, usable):
    clock, site, period = Clock(), "example.com", Period(2026, 10)
    with closing(open_ledger(ledger)) as connection:
        run = runs.open_run(connection, site, period, clock, again=False).ledger
        run.enrol(["u"])
        run.queue(Selection(), DAY)
        run.claim(1)
        dry_run = DryRun(connection, site, period, clock() + passed)
        dry_run.store(["u"])
        (planned,) = dry_run.planned(Selection(), DAY, again=False)
    assert planned.would_send is usable


def test_a_dry_run_changes_nothing(half_done, call, ledger):
    before, sends = ledger.read_bytes(), len(half_done.sends)
    half_done.members = list("abcz")
    assert would(call, half_done) == (2, {"sent": 2}, 1)
    done = call("--dry-run", "-v", "--period", "2026-10", half_done.url)
    assert done.stdout.splitlines() == [
        "Has a final verdict (sent): a",
        "Has a final verdict (sent): b",
        "Would send: c",
        "Would send: z",
        "Dry run of 2026-10: 2 would be sent to; 2 sent or skipped before; 1 no longer listed and",
        "  skipped. Nothing was sent.",
    ]
    assert (done.returncode, done.stderr) == (0, "")
    assert ledger.read_bytes() == before
    assert len(half_done.sends) == sends


def test_a_dry_run_creates_no_ledger(groupserver, call, ledger):
    site = groupserver(members=["a", ODD])
    done = call("--dry-run", "-v", site.url)
    assert "2 would be sent to; 0 sent or skipped before." in done.stdout
    assert "\x1b" not in done.stdout
    assert not site.sends
    assert list(ledger.parent.glob("ledger*")) == []


def test_a_dry_run_has_the_errors_of_the_run(half_done, call):
    for argv, code in ((["--only", "typo"], 67), (["--again"], 64)):
        done = call("--period", "2026-10", *argv, half_done.url)
        rehearsed = call("--dry-run", "--period", "2026-10", *argv, half_done.url)
        assert (rehearsed.returncode, rehearsed.stderr) == (code, done.stderr)
        assert done.returncode == code

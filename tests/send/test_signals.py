# SPDX-License-Identifier: MIT
"""Signals stop the command at any moment: after the calls in flight, or at once."""

import re
import signal
import time
from itertools import pairwise
from threading import Event

import pytest

from limits import LIMIT
from servers import faults

from .scenario import JOBS, SIZES, hanging

SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]

#: Pairs of a signal and of jobs: they are independent, so no product is needed.
WITH_JOBS = pytest.mark.parametrize(
    ("number", "code", "jobs"),
    [(*each, jobs) for each, jobs in zip(SIGNALS, SIZES, strict=True)],
)


def members(count):
    return [f"u{number}" for number in range(count)]


def ended(process):
    """Return the exit code and standard error."""
    _, stderr = process.communicate(timeout=LIMIT)
    assert "Traceback" not in stderr
    return process.returncode, stderr


def in_flight(jobs):
    return int(jobs) if jobs.isdecimal() else 1


@WITH_JOBS
def test_the_first_signal_waits_for_the_calls_in_flight(
    groupserver, sendprofile, number, code, jobs
):
    site, released = groupserver(members=members(SIZES[jobs])), Event()
    site.on_send = hanging(lambda _: faults.held(released))
    process = sendprofile.start("-j", jobs, site.url)
    site.wait_for_requests(2 + in_flight(jobs))
    process.send_signal(number)
    line = process.stderr.readline()
    counts = re.fullmatch(
        r"Stopping: waiting for (\d+) answers?. A second signal stops the run at once.\n", line
    )
    more = int(counts[1])
    assert more == in_flight(jobs) or (jobs == "auto" and more <= 2)
    released.set()
    exit_code, stderr = ended(process)
    assert exit_code == code
    left = SIZES[jobs] - 1 - more
    assert f"{SIZES[jobs]} members: {1 + more} sent; {left} waiting." in stderr
    assert sum(site.mailed.values()) == 1 + more


@WITH_JOBS
def test_the_second_signal_stops_at_once(groupserver, sendprofile, number, code, jobs):
    site = groupserver(members=members(SIZES[jobs]))
    site.on_send = hanging(lambda _: faults.never())
    process = sendprofile.start("-j", jobs, site.url)
    site.wait_for_requests(2 + in_flight(jobs))
    process.send_signal(number)
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    exit_code, stderr = ended(process)
    assert exit_code == code
    counts = re.search(r"1 sent; (\d+) unknown \(\1 no answer\); (\d+) waiting", stderr)
    lost, waiting = map(int, counts.groups())
    assert lost == in_flight(jobs) or (jobs == "auto" and lost <= 2)
    assert 1 + lost + waiting == SIZES[jobs]
    assert "The run ended before an answer came." in stderr


@WITH_JOBS
def test_a_signal_during_the_throttle_ends_it(groupserver, sendprofile, number, code, jobs):
    site = groupserver(members=members(SIZES[jobs]))
    process = sendprofile.start("-v", "-t", "500", "-j", jobs, site.url)
    while "Done" not in process.stdout.readline():
        pass
    process.send_signal(number)
    exit_code, stderr = ended(process)
    assert exit_code == code
    assert "The run stopped" in stderr
    assert 1 <= len(site.sends) <= in_flight(jobs)
    assert site.mailed == dict.fromkeys(site.mailed, 1)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_stops_a_run_that_waits_for_the_list(groupserver, sendprofile, number, code):
    site = groupserver(members=members(9))
    site.on_members = faults.never()
    process = sendprofile.start(site.url)
    site.wait_for_requests(1)
    process.send_signal(number)
    exit_code, stderr = ended(process)
    assert exit_code == code
    assert "Nothing was sent." in stderr
    assert site.sends == []


def test_the_throttle_pauses_after_a_success(groupserver, sendprofile):
    site = groupserver(members=members(3))
    assert sendprofile.run("-t", "0.4", site.url).returncode == 0
    times = [request.time for request in site.sends]
    assert len(times) == 3
    assert all(after - before >= 0.39 for before, after in pairwise(times))


def test_the_throttle_does_not_pause_after_other_outcomes_or_at_the_end(groupserver, sendprofile):
    site = groupserver(members=members(3))
    site.answers = {"u0": -16, "u1": -32}
    assert sendprofile.run("-t", 10 * LIMIT, site.url).returncode == 0
    assert site.mailed == {"u2": 1}


@JOBS
def test_a_killed_command_has_mailed_only_claimed_members(groupserver, sendprofile, jobs):
    site = groupserver(members=members(99))
    site.on_send = faults.delayed(0.02)
    process = sendprofile.start("-v", "-j", jobs, site.url)
    site.wait_for_requests(20)
    process.kill()
    stdout, _ = process.communicate(timeout=LIMIT)
    shown = set(re.findall(r"Sending status \((u\d+)\)", stdout))
    time.sleep(0.1)
    assert set(site.mailed) <= shown
    assert set(site.mailed.values()) == {1}

# SPDX-License-Identifier: MIT
"""A site that honours keys: a call is repeated until the site answers it."""

import signal
from collections import defaultdict
from threading import Event

import pytest

from gs.profile.status.hooks import read_key
from limits import LIMIT, wait_until
from servers import faults
from servers.answers import Answer
from servers.moves import Point

DAYS = 86_400


def members(count):
    return [f"u{number:02}" for number in range(count)]


def keys(site):
    """Return the keys that came with the calls for each member."""
    keys_ = defaultdict(set)
    for one in site.sends:
        keys_[one.fields["profileId"]].add(one.header("Idempotency-Key"))
    return keys_


def test_a_site_that_does_not_honour_keys_gets_none(groupserver, sendprofile):
    site = groupserver(members=members(5))
    sendprofile.run(site.url)
    assert keys(site) == {member: {None} for member in members(5)}


@pytest.mark.parametrize("lifetime", [60, 90 * DAYS])
def test_each_member_has_one_key_in_all_calls_of_a_run(groupserver, sendprofile, lifetime):
    site = groupserver(members=members(5), keys=lifetime)
    site.on_send = [-1024] * 5
    for _ in range(2):
        sendprofile.run("--period", "2026-10", site.url)
    keys_ = keys(site)
    assert [len(keys_[member]) for member in members(5)] == [1] * 5
    assert len(set.union(*keys_.values())) == 5
    for (key,) in keys_.values():
        assert read_key(key).startswith("2026-10-")
        assert key.isascii()
        assert "secret" not in key


def test_keys_differ_by_period_and_round_and_not_by_ledger(groupserver, sendprofile, tmp_path):
    site = groupserver(members=["u"], keys=60)
    sendprofile.run("--period", "2026-10", site.url)
    sendprofile.run("--period", "2026-09", site.url)
    sendprofile.run("--period", "2026-10", "--again", site.url)
    sendprofile.run("--period", "2026-10", "--ledger", tmp_path / "lost.sqlite3", site.url)
    first, second, third, fourth = (one.header("Idempotency-Key") for one in site.sends)
    assert len({first, second, third}) == 3
    assert first == fourth


# Faults after which the call has mailed, and has no valid answer.
LOST = [
    faults.closed(),
    faults.reset(),
    faults.half(),
    faults.garbage(),
    faults.half(answer=faults.trouble(500)),
]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.name)
def test_a_call_with_a_lost_answer_is_repeated_and_nobody_is_mailed_twice(
    groupserver, sendprofile, fault
):
    site = groupserver(members=members(5), keys=90 * DAYS)
    site.on_send = [None, fault]
    done = sendprofile.run("--patience", str(LIMIT), site.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert site.mailed == dict.fromkeys(members(5), 1)
    assert len(site.sends) >= 6
    assert {len(keys_) for keys_ in keys(site).values()} == {1}


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_call_answered_with_a_page_is_repeated(groupserver, sendprofile, status):
    site = groupserver(members=members(3), keys=90 * DAYS)
    site.on_send = [None, faults.trouble(status), faults.login_page()]
    done = sendprofile.run("--patience", str(LIMIT), site.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_a_call_in_progress_is_repeated_until_it_is_answered(groupserver, sendprofile):
    site, released = groupserver(members=members(3), keys=90 * DAYS), Event()
    site.on_send = [faults.held(released)]
    # If another call exceeds such a short time-out, it is repeated too.
    process = sendprofile.start("-v", "--timeout", "1", "--patience", str(LIMIT), site.url)
    wait_until(lambda: [one.fields["profileId"] for one in site.sends].count("u00") > 1)
    released.set()
    stdout, stderr = process.communicate(timeout=LIMIT)
    assert (process.returncode, stderr) == (0, "")
    assert "    Unknown: Conflict (409)" in stdout
    assert "3 members: 3 sent. The run took" in stdout
    assert site.mailed == dict.fromkeys(members(3), 1)
    assert {len(keys_) for keys_ in keys(site).values()} == {1}


@pytest.mark.parametrize("jobs", [1, 8])
def test_the_calls_of_a_killed_sender_are_repeated(groupserver, sendprofile, jobs):
    site = groupserver(members=members(30), keys=90 * DAYS)
    site.on_send = faults.delayed(0.02)
    for after in (8, 16, 24):
        process = sendprofile.start("-j", jobs, "--patience", str(LIMIT), site.url)
        site.wait_for_requests(after)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    done = sendprofile.run("-j", jobs, "--patience", str(LIMIT), site.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert site.mailed == dict.fromkeys(members(30), 1)


def test_a_call_lost_by_a_killed_site_is_repeated(groupserver, sendprofile):
    site = groupserver(members=members(5), keys=90 * DAYS)
    site.on_send = [None, faults.never()]
    process = sendprofile.start("--patience", str(LIMIT), site.url)
    site.wait_for_requests(3)
    site.stop()
    site.start()
    assert process.communicate(timeout=LIMIT) == ("", "")
    assert site.mailed == dict.fromkeys(members(5), 1)


def test_a_call_that_is_never_answered_is_repeated_by_the_next_run(groupserver, sendprofile):
    site = groupserver(members=members(3), keys=90 * DAYS)
    site.answers["u01"] = faults.closed()
    done = sendprofile.run("--patience", "1", site.url)
    assert done.returncode == 75
    assert "3 members: 2 sent; 1 unknown (1 no answer)." in done.stderr
    assert (
        "Run the same command to repeat 1 unknown if the site remembers their keys." in done.stderr
    )
    site.answers.clear()
    done = sendprofile.run(site.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_a_site_that_honours_keys_no_more_gets_no_repeated_call(groupserver, sendprofile):
    site = groupserver(members=members(3), keys=90 * DAYS)
    site.answers["u01"] = faults.closed()
    sendprofile.run(site.url)
    site.answers.clear()
    site.keys = None
    done = sendprofile.run(site.url)
    assert done.returncode == 75
    assert "3 members: 2 sent; 1 unknown (1 no answer)." in done.stderr
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_a_site_that_honours_keys_only_now_gets_no_repeated_call(groupserver, sendprofile):
    site = groupserver(members=members(3))
    site.answers["u01"] = faults.closed()
    sendprofile.run(site.url)
    site.answers.clear()
    site.keys = 90 * DAYS
    assert sendprofile.run(site.url).returncode == 75
    assert site.mailed == dict.fromkeys(members(3), 1)


@pytest.mark.parametrize("lifetime", ["60", "90 days"])
def test_an_invalid_or_short_lifetime_is_ignored(groupserver, sendprofile, lifetime):
    site = groupserver(members=members(3))
    site.on_members = Answer.json(members(3)).having("Idempotency-Key-Lifetime", lifetime)
    site.answers["u01"] = faults.closed()
    for _ in range(2):
        assert sendprofile.run("--patience", str(LIMIT), site.url).returncode == 75
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_the_lifetime_of_a_redirect_is_ignored(groupserver, sendprofile):
    site = groupserver(members=members(3))
    moved = faults.redirect(301, "/gs-profile-status-members.html")
    site.on_members = [moved.having("Idempotency-Key-Lifetime", "7776000"), None]
    site.answers["u01"] = faults.closed()
    assert sendprofile.run("--patience", str(LIMIT), site.url).returncode == 75
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_a_refusal_before_the_work_causes_no_doubt(groupserver, sendprofile):
    site = groupserver(members=members(3), keys=90 * DAYS)
    site.on_send = [faults.trouble(503), faults.closed(Point.HEADERS)]
    done = sendprofile.run("--patience", str(LIMIT), "-v", site.url)
    assert done.returncode == 0
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_only_an_answer_of_the_hook_ends_a_doubt(groupserver, sendprofile):
    site = groupserver(members=members(2), keys=90 * DAYS)
    site.on_send = [faults.closed(), None, faults.trouble(503), faults.trouble(404)]
    done = sendprofile.run("--patience", "1", site.url)
    assert done.returncode == 75
    assert "2 members: 1 sent; 1 unknown" in done.stderr
    assert sendprofile.run(site.url).returncode == 0
    assert site.mailed == dict.fromkeys(members(2), 1)

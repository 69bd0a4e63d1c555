# SPDX-License-Identifier: MIT
"""Where the site honours keys, what would be unknown is repeated until it is answered."""

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
    found = defaultdict(set)
    for one in site.sends:
        found[one.fields["profileId"]].add(one.header("Idempotency-Key"))
    return found


def test_a_site_that_does_not_say_so_gets_no_keys(groupserver, sendprofile):
    site = groupserver(members=members(5))
    sendprofile.run(site.url)
    assert keys(site) == {member: {None} for member in members(5)}


@pytest.mark.parametrize("lifetime", [60, 90 * DAYS])
def test_each_member_has_one_key_in_all_calls_of_a_run(groupserver, sendprofile, lifetime):
    site = groupserver(members=members(5), keys=lifetime)
    site.on_send = [-1024] * 5
    for _ in range(2):
        sendprofile.run("--period", "2026-10", site.url)
    found = keys(site)
    assert [len(found[member]) for member in members(5)] == [1] * 5
    assert len(set.union(*found.values())) == 5
    for (key,) in found.values():
        assert read_key(key).startswith("2026-10-")
        assert key.isascii()
        assert "secret" not in key


def test_another_period_or_round_or_ledger_has_the_keys_that_it_should(
    groupserver, sendprofile, tmp_path
):
    site = groupserver(members=["u"], keys=60)
    sendprofile.run("--period", "2026-10", site.url)
    sendprofile.run("--period", "2026-09", site.url)
    sendprofile.run("--period", "2026-10", "--again", site.url)
    sendprofile.run("--period", "2026-10", "--ledger", tmp_path / "lost.sqlite3", site.url)
    first, second, third, fourth = (one.header("Idempotency-Key") for one in site.sends)
    assert len({first, second, third}) == 3
    assert first == fourth


# What happens to a call that mailed, and got no answer of use.
LOST = [
    faults.closed(),
    faults.reset(),
    faults.half(),
    faults.garbage(),
    faults.half(answer=faults.trouble(500)),
]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.name)
def test_a_lost_answer_is_asked_for_again_and_nobody_is_mailed_twice(
    groupserver, sendprofile, fault
):
    site = groupserver(members=members(5), keys=90 * DAYS)
    site.on_send = [None, fault]
    done = sendprofile.run("--patience", str(LIMIT), site.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert site.mailed == dict.fromkeys(members(5), 1)
    assert len(site.sends) >= 6
    assert {len(found) for found in keys(site).values()} == {1}


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_page_instead_of_an_answer_is_asked_again(groupserver, sendprofile, status):
    site = groupserver(members=members(3), keys=90 * DAYS)
    site.on_send = [None, faults.trouble(status), faults.login_page()]
    done = sendprofile.run("--patience", str(LIMIT), site.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_a_call_that_is_still_worked_on_is_waited_for(groupserver, sendprofile):
    site, released = groupserver(members=members(3), keys=90 * DAYS), Event()
    site.on_send = [faults.held(released)]
    # Should another call run into so short a time-out, it is repeated as well.
    process = sendprofile.start("-v", "--timeout", "1", "--patience", str(LIMIT), site.url)
    wait_until(lambda: [one.fields["profileId"] for one in site.sends].count("u00") > 1)
    released.set()
    stdout, stderr = process.communicate(timeout=LIMIT)
    assert (process.returncode, stderr) == (0, "")
    assert "    Unknown: Conflict (409)" in stdout
    assert "3 members: 3 sent. The run took" in stdout
    assert site.mailed == dict.fromkeys(members(3), 1)
    assert {len(found) for found in keys(site).values()} == {1}


@pytest.mark.parametrize("jobs", [1, 8])
def test_what_a_killed_sender_left_is_repeated(groupserver, sendprofile, jobs):
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


def test_a_site_that_was_killed_and_is_back_answers_for_itself(groupserver, sendprofile):
    site = groupserver(members=members(5), keys=90 * DAYS)
    site.on_send = [None, faults.never()]
    process = sendprofile.start("--patience", str(LIMIT), site.url)
    site.wait_for_requests(3)
    site.stop()
    site.start()
    assert process.communicate(timeout=LIMIT) == ("", "")
    assert site.mailed == dict.fromkeys(members(5), 1)


def test_what_is_never_answered_ends_with_patience_and_waits_for_another_call(
    groupserver, sendprofile
):
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


def test_a_site_that_honours_keys_no_more_is_not_called_again(groupserver, sendprofile):
    site = groupserver(members=members(3), keys=90 * DAYS)
    site.answers["u01"] = faults.closed()
    sendprofile.run(site.url)
    site.answers.clear()
    site.keys = None
    done = sendprofile.run(site.url)
    assert done.returncode == 75
    assert "3 members: 2 sent; 1 unknown (1 no answer)." in done.stderr
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_a_site_that_honours_keys_only_now_is_not_called_again(groupserver, sendprofile):
    site = groupserver(members=members(3))
    site.answers["u01"] = faults.closed()
    sendprofile.run(site.url)
    site.answers.clear()
    site.keys = 90 * DAYS
    assert sendprofile.run(site.url).returncode == 75
    assert site.mailed == dict.fromkeys(members(3), 1)


@pytest.mark.parametrize("said", ["0", "-1", "x", "1e9", "90 days", "", "86400, 86400", "60"])
def test_a_lifetime_that_is_none_or_short_is_no_promise(groupserver, sendprofile, said):
    site = groupserver(members=members(3))
    site.on_members = Answer.json(members(3)).having("Idempotency-Key-Lifetime", said)
    site.answers["u01"] = faults.closed()
    for _ in range(2):
        assert sendprofile.run("--patience", str(LIMIT), site.url).returncode == 75
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_what_a_redirect_says_of_keys_is_not_what_the_site_says(groupserver, sendprofile):
    site = groupserver(members=members(3))
    moved = faults.redirect(301, "/gs-profile-status-members.html")
    site.on_members = [moved.having("Idempotency-Key-Lifetime", "7776000"), None]
    site.answers["u01"] = faults.closed()
    assert sendprofile.run("--patience", str(LIMIT), site.url).returncode == 75
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_with_keys_a_refusal_before_the_work_leaves_nobody_in_doubt(groupserver, sendprofile):
    site = groupserver(members=members(3), keys=90 * DAYS)
    site.on_send = [faults.trouble(503), faults.closed(Point.HEADERS)]
    done = sendprofile.run("--patience", str(LIMIT), "-v", site.url)
    assert done.returncode == 0
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_another_answer_than_that_of_the_hook_does_not_end_a_doubt(groupserver, sendprofile):
    site = groupserver(members=members(2), keys=90 * DAYS)
    site.on_send = [faults.closed(), None, faults.trouble(503), faults.trouble(404)]
    done = sendprofile.run("--patience", "1", site.url)
    assert done.returncode == 75
    assert "2 members: 1 sent; 1 unknown" in done.stderr
    assert sendprofile.run(site.url).returncode == 0
    assert site.mailed == dict.fromkeys(members(2), 1)

# SPDX-License-Identifier: MIT
"""The same command resumes a run, however it ended: nobody twice, nobody forgotten."""

import re
import signal
import sqlite3

import pytest

from limits import LIMIT
from servers import faults
from servers.answers import Answer

from .conftest import GSCONFIG
from .scenario import JOBS, MOST, SIZES


def members(count):
    return [f"u{number:02}" for number in range(count)]


def stopped(process, site, number, after):
    """Send the signal *number* when so many calls have arrived, and wait for the end."""
    site.wait_for_requests(after)
    process.send_signal(number)
    return process.communicate(timeout=LIMIT)


@pytest.mark.parametrize(
    ("number", "jobs"),
    [
        *((signal.SIGKILL, jobs) for jobs in SIZES),
        (signal.SIGTERM, "1"),
        (signal.SIGINT, "64"),
        (signal.SIGTERM, "auto"),
    ],
)
def test_a_stopped_run_is_resumed(groupserver, sendprofile, number, jobs):
    # So many that the second run still has members to send to, if 64 calls in flight are lost.
    count = 60 if jobs != "64" else 200
    site = groupserver(members=[f"u{each:03}" for each in range(count)])
    site.on_send = faults.delayed(0.01)
    for after in (10, count // 2):
        stopped(sendprofile.start("-j", jobs, site.url), site, number, after)
    done = sendprofile.run("-j", jobs, site.url)
    unknown = int((re.search(r"(\d+) unknown", done.stderr) or [0, 0])[1])
    assert max(site.mailed.values()) == 1
    assert unknown <= (2 * MOST[jobs] if number == signal.SIGKILL else 0)
    assert len(site.mailed) >= count - unknown
    assert done.returncode == (75 if unknown else 0)


def test_the_members_in_flight_of_a_killed_run_are_named(groupserver, sendprofile):
    site = groupserver(members=members(5))
    site.on_send = [None, faults.never()]
    stopped(sendprofile.start(site.url), site, signal.SIGKILL, 3)
    done = sendprofile.run(site.url)
    assert done.returncode == 75
    assert "5 members: 4 sent; 1 unknown (1 no answer)." in done.stderr
    assert "  unknown: u01: The run ended before an answer came." in done.stderr
    assert site.mailed == dict.fromkeys(members(5), 1)


def test_a_complete_run_sends_nothing_more_and_is_silent(groupserver, sendprofile):
    site = groupserver(members=members(5))
    site.answers["u01"] = -32
    for _ in range(2):
        done = sendprofile.run(site.url)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(site.sends) == 5


def test_new_members_are_sent_to_and_removed_ones_are_not(groupserver, sendprofile):
    site = groupserver(members=members(5))
    sendprofile.run("--limit", "2", site.url)
    site.members = ["u00", "u02", "new"]
    done = sendprofile.run("-v", site.url)
    assert done.returncode == 0
    assert set(site.mailed) == {"u00", "u01", "u02", "new"}
    assert "2 members are no longer listed by the site and skipped." in done.stdout
    assert "6 members: 4 sent; 2 skipped (2 no longer listed)." in done.stdout


def test_a_removed_member_who_is_listed_again_is_sent_to(groupserver, sendprofile):
    site = groupserver(members=members(3))
    sendprofile.run("--limit", "1", site.url)
    for listed in (["u00"], members(3)):
        site.members = listed
        assert sendprofile.run(site.url).returncode == 0
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_an_empty_list_in_the_middle_of_a_run_forgets_nobody(groupserver, sendprofile):
    site = groupserver(members=members(3))
    sendprofile.run("--limit", "1", site.url)
    site.members = []
    done = sendprofile.run(site.url)
    assert done.returncode == 76
    assert "The site lists no members" in done.stderr
    site.members = members(3)
    assert sendprofile.run(site.url).returncode == 0
    assert site.mailed == dict.fromkeys(members(3), 1)


@JOBS
def test_failed_members_are_retried_and_unknown_ones_are_not(groupserver, sendprofile, jobs):
    site = groupserver(members=members(4))
    site.answers = {"u01": -1024, "u02": faults.half()}
    done = sendprofile.run("-j", jobs, site.url)
    steps = "Run the same command to retry 1 failed. Add --resend-unknown to send to 1 unknown;"
    assert steps in " ".join(done.stderr.split())
    site.answers.clear()
    done = sendprofile.run("-j", jobs, site.url)
    assert done.returncode == 75
    assert "4 members: 3 sent; 1 unknown (1 no answer)." in done.stderr
    assert [one.fields["profileId"] for one in site.sends[4:]] == ["u01"]


def test_a_run_without_members_is_silent_and_can_get_members_later(groupserver, sendprofile):
    site = groupserver()
    for _ in range(2):
        done = sendprofile.run(site.url)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "The site lists no members. The run took" in sendprofile.run("-v", site.url).stdout
    site.members = ["a"]
    assert sendprofile.run(site.url).returncode == 0
    assert site.mailed == {"a": 1}


def test_huge_ids_are_accepted(groupserver, sendprofile):
    huge = ["x" * 60_000 + end for end in "ab"]
    site = groupserver(members=huge)
    site.answers[huge[1]] = -1024
    assert sendprofile.run(site.url).returncode == 75
    site.answers.clear()
    assert sendprofile.run(site.url).returncode == 0
    assert site.mailed == dict.fromkeys(huge, 1)


def test_two_sites_in_one_ledger_do_not_affect_each_other(groupserver, sendprofile, tmp_path):
    one, two = groupserver(members=members(3)), groupserver(members=members(3))
    ledger = ["--ledger", tmp_path / "both.sqlite3"]
    one.on_send = [None, faults.never()]
    process = sendprofile.start(*ledger, one.url)
    one.wait_for_requests(3)
    done = sendprofile.run(*ledger, two.url)
    assert (done.returncode, done.stderr) == (0, "")
    process.kill()
    process.communicate()
    assert "1 unknown" in sendprofile.run(*ledger, one.url).stderr
    assert one.mailed == two.mailed == dict.fromkeys(members(3), 1)


def test_every_spelling_of_a_url_resumes_the_same_run(groupserver, sendprofile):
    site = groupserver(members=members(3))
    for url in (site.url, f"{site.url}/", site.url.replace("http:", "HTTP:")):
        assert sendprofile.run(url).returncode == 0
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_a_run_is_resumed_with_a_new_token(groupserver, sendprofile):
    site = groupserver(members=members(3))
    refusal = {"status": -1, "message": ["Token: wrong"]}
    site.on_send = [None, Answer.json(refusal)]
    assert sendprofile.run(site.url).returncode == 77
    site.token = "another"
    assert sendprofile.run(site.url).returncode == 77
    sendprofile.config.write_text(GSCONFIG.format(token="another"))
    assert sendprofile.run(site.url).returncode == 0
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_an_earlier_incomplete_run_is_reported_once(groupserver, sendprofile):
    site = groupserver(members=members(3))
    sendprofile.run("--period", "2026-08", "--limit", "1", site.url)
    warning = "The run of 2026-08 is incomplete."
    assert warning in sendprofile.run("--period", "2026-09", site.url).stderr
    assert sendprofile.run("--period", "2026-09", site.url).stderr == ""
    assert sendprofile.run("--period", "2026-08", site.url).returncode == 0
    assert site.mailed == dict.fromkeys(members(3), 2)


def test_a_run_continues_after_it_waited_for_the_ledger(groupserver, sendprofile, tmp_path):
    site = groupserver(members=members(2))
    ledger = tmp_path / "ledger.sqlite3"
    sendprofile.run("--ledger", ledger, "--limit", "1", site.url)
    other = sqlite3.connect(ledger, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    process = sendprofile.start("--ledger", ledger, site.url)
    with pytest.raises(TimeoutError):
        site.wait_for_requests(4, timeout=1)
    other.execute("ROLLBACK")
    other.close()
    assert process.communicate(timeout=LIMIT) == ("", "")
    assert site.mailed == dict.fromkeys(members(2), 1)

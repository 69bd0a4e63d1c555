# SPDX-License-Identifier: MIT
"""What an operator selects: --period, --only, --limit, --again and --resend-unknown."""

import json
import re
from datetime import date

import pytest

from gs.profile.status.hooks import Period
from limits import LIMIT
from servers import faults


def members(count):
    return [f"u{number}" for number in range(count)]


def sent_to(site, before=0):
    """Return the members of the calls of the send hook, without the first *before* calls."""
    return [one.fields["profileId"] for one in site.sends[before:]]


# --period


def test_the_period_is_the_month_before_today_and_in_every_call(groupserver, sendprofile):
    site = groupserver(members=members(3))
    before = Period.of(date.today()).before()  # noqa: DTZ011 - as cron has it
    sendprofile.run(site.url)
    assert {one.fields["period"] for one in site.sends} == {str(before)}


def test_each_period_is_a_run_of_its_own(groupserver, sendprofile):
    site = groupserver(members=members(2))
    for period in ("2026-08", "2026-09", "2026-08"):
        assert sendprofile.run("--period", period, site.url).returncode == 0
    assert [one.fields["period"] for one in site.sends] == ["2026-08"] * 2 + ["2026-09"] * 2


def test_a_future_month_is_refused_and_the_current_one_is_not(groupserver, sendprofile):
    site = groupserver(members=members(1))
    this = Period.of(date.today())  # noqa: DTZ011 - as cron has it
    done = sendprofile.run("--period", this.after(), site.url)
    assert done.returncode == 64
    assert f"The month {this.after()} is in the future" in done.stderr
    assert site.requests == []
    assert sendprofile.run("--period", this, site.url).returncode == 0


# --only


def test_only_sends_to_the_named_members_and_a_later_run_to_the_others(groupserver, sendprofile):
    site = groupserver(members=members(5))
    site.answers["u4"] = -1024
    sendprofile.run("--only", "u4", site.url)
    done = sendprofile.run("--only", "u1", "--only", "u3", "-v", site.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert sent_to(site) == ["u4", "u1", "u3"]
    assert "\n2 members: 2 sent. The run took" in done.stdout
    site.answers.clear()
    assert sendprofile.run(site.url).returncode == 0
    assert site.mailed == dict.fromkeys(members(5), 1)


def test_the_report_of_only_is_about_the_named_members(groupserver, sendprofile):
    site = groupserver(members=members(4))
    site.answers = {"u0": -1024, "u1": faults.trouble(500), "u2": -1024}
    sendprofile.run(site.url)
    done = sendprofile.run("--only", "u2", site.url)
    assert done.returncode == 75
    assert done.stderr.splitlines()[1:] == [
        "1 member: 1 failed (1 status -1024).",
        "  failed: u2: Something else happened to Jane Smith (u2)",
        "Run the same command to retry 1 failed.",
    ]


def test_only_with_an_unlisted_member_sends_nothing(groupserver, sendprofile):
    site = groupserver(members=members(3))
    done = sendprofile.run("--only", "u1", "--only", "ty\x1bpo", site.url)
    assert done.returncode == 67
    assert done.stderr == "The site does not list: ty\ufffdpo.\nNothing was sent.\n"
    assert sent_to(site) == []


def test_only_does_not_send_twice(groupserver, sendprofile):
    site = groupserver(members=members(3))
    for _ in range(2):
        done = sendprofile.run("--only", "u1", site.url)
        assert (done.returncode, done.stderr) == (0, "")
    assert sent_to(site) == ["u1"]


# --limit and -j


def test_the_run_stops_after_limit_members(groupserver, sendprofile):
    site = groupserver(members=members(5))
    done = sendprofile.run("--limit", "2", site.url)
    assert done.returncode == 75
    assert "the limit of --limit was reached" in done.stderr
    assert sent_to(site) == ["u0", "u1"]
    assert sendprofile.run("--limit", "3", site.url).returncode == 0
    assert site.mailed == dict.fromkeys(members(5), 1)


@pytest.mark.parametrize("jobs", [1, 8])
def test_a_member_who_was_not_reached_does_not_count_for_the_limit(groupserver, sendprofile, jobs):
    site = groupserver(members=members(5))
    site.on_send = [faults.trouble(503)]
    done = sendprofile.run("--patience", str(LIMIT), "-j", jobs, "--limit", "2", site.url)
    assert "5 members: 2 sent; 3 waiting" in done.stderr
    assert len(site.mailed) == 2


def test_limit_and_only_can_be_combined(groupserver, sendprofile):
    site = groupserver(members=members(5))
    done = sendprofile.run("--limit", "1", "--only", "u3", "--only", "u2", site.url)
    assert done.returncode == 75
    assert "2 members: 1 sent; 1 waiting." in done.stderr
    assert sent_to(site) == ["u2"]


@pytest.mark.parametrize("jobs", [2, 16])
def test_jobs_limits_the_calls_in_flight(groupserver, sendprofile, jobs):
    site = groupserver(members=members(40))
    site.on_send = faults.delayed(0.05)
    assert sendprofile.run("-j", jobs, site.url).returncode == 0
    assert site.mailed == dict.fromkeys(members(40), 1)
    assert jobs / 2 < site.connections
    assert site.connections <= jobs or site.longest_pause > 2  # libcurl drops what is idle


# --again


def test_again_is_refused_while_members_are_waiting(groupserver, sendprofile):
    site = groupserver(members=members(3))
    sendprofile.run("--limit", "1", site.url)
    done = sendprofile.run("--again", site.url)
    assert done.returncode == 64
    assert "To complete it, run the command without --again first." in done.stderr
    assert len(site.sends) == 1


def test_again_begins_a_round_that_can_be_resumed(groupserver, sendprofile):
    site = groupserver(members=members(3))
    site.answers["u1"] = faults.trouble(500)
    sendprofile.run(site.url)
    site.answers.clear()
    sendprofile.run("--again", "--limit", "1", site.url)
    assert sendprofile.run(site.url).returncode == 0
    assert sendprofile.run(site.url).returncode == 0
    assert site.mailed == {"u0": 2, "u1": 1, "u2": 2}
    listed = json.loads(sendprofile.run("--status", "--json", site.url).stdout)["runs"]
    assert [(run["round"], run["complete"]) for run in listed] == [(2, True), (1, False)]


def test_again_can_begin_the_first_round(groupserver, sendprofile):
    site = groupserver(members=members(3))
    assert sendprofile.run("--again", site.url).returncode == 0
    assert sendprofile.run(site.url).returncode == 0
    assert site.mailed == dict.fromkeys(members(3), 1)


def test_a_round_without_a_list_is_ignored_without_again(groupserver, sendprofile):
    site = groupserver(members=members(3))
    sendprofile.run(site.url)
    site.on_members = [faults.trouble(502)]
    assert sendprofile.run("--again", site.url).returncode == 76
    assert sendprofile.run(site.url).returncode == 0
    assert site.mailed == dict.fromkeys(members(3), 1)
    assert sendprofile.run("--again", site.url).returncode == 0
    assert site.mailed == dict.fromkeys(members(3), 2)


# --resend-unknown


def test_resend_unknown_sends_to_unknown_members(groupserver, sendprofile):
    site = groupserver(members=members(5))
    site.answers = dict.fromkeys(["u1", "u3"], faults.trouble(500))
    sendprofile.run(site.url)
    site.answers = {"u3": faults.half()}
    done = sendprofile.run("--only", "u1", "--resend-unknown", site.url)
    assert (done.returncode, sent_to(site, 5)) == (0, ["u1"])
    done = sendprofile.run("--resend-unknown", site.url)
    assert (done.returncode, sent_to(site, 6)) == (75, ["u3"])
    assert "1 unknown (1 no answer)" in done.stderr


def test_a_member_stays_unknown_if_the_second_call_is_refused(groupserver, sendprofile):
    site = groupserver(members=members(3))
    site.answers = dict.fromkeys(members(3), faults.closed())
    sendprofile.run(site.url)
    site.answers.clear()
    site.on_send = [None, faults.trouble(503)]
    done = sendprofile.run("--resend-unknown", site.url)
    assert "3 members: 1 sent; 2 unknown" in done.stderr
    done = sendprofile.run(site.url)
    assert (done.returncode, len(site.sends)) == (75, 5)


# Contradictions

CONTRADICTORY = [
    ("--again", "--only", "u1"),
    ("--again", "--resend-unknown"),
]


@pytest.mark.parametrize("argv", CONTRADICTORY)
def test_contradictory_options_are_refused(groupserver, sendprofile, argv):
    site = groupserver(members=members(3))
    done = sendprofile.run(*argv, site.url)
    assert done.returncode == 64
    assert re.search(f"{argv[0]}|{argv[1]}", done.stderr)
    assert site.requests == []

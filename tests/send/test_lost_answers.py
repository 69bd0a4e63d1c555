# SPDX-License-Identifier: MIT
"""Answers that are lost, late, or come while the sender sleeps: nobody twice, nobody forgotten."""

import signal
import time

import pytest

from servers import faults
from servers.deaths import HTTP1

from .machine import rows
from .scenario import JOBS, MOST

MEMBERS = [f"u{number}" for number in range(5)]
KEYS = 86_400

# libcurl takes this for a whole answer, and the connection for one to use again: whoever is next
# is lost with it, unsent.
TAKES_ANOTHER = "closed in the headers"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "ledger.sqlite3"


@pytest.fixture
def called(sendprofile, path):
    """Return what runs the command with that ledger, and then returns code and verdicts."""

    def called(*argv):
        done = sendprofile.run("--timeout", "1", "--ledger", path, *argv)
        assert "Traceback" not in done.stderr
        return done.returncode, rows(path)

    return called


@pytest.mark.parametrize("death", HTTP1, ids=lambda death: death.name)
def test_an_answer_that_is_lost_is_unknown_and_the_others_are_sent_to(groupserver, called, death):
    site = groupserver(members=MEMBERS)
    site.on_send = [None, death, None]
    for _ in range(2):
        code, verdicts = called(site.url)
        assert code == 75
        lost = ["u1", "u2"] if death.name == TAKES_ANOTHER else ["u1"]
        assert verdicts == dict.fromkeys(MEMBERS, "sent") | dict.fromkeys(lost, "unknown")
    assert len(site.requests) == 2 + 5 + 1 - len(lost)
    assert max(site.mailed.values()) == 1


@pytest.mark.parametrize("jobs", ["64", "auto"])
@pytest.mark.parametrize("death", HTTP1, ids=lambda death: death.name)
def test_one_answer_that_is_lost_of_many_is_the_only_one(groupserver, called, death, jobs):
    members = [f"u{number}" for number in range(80)]
    site = groupserver(members=members)
    site.on_send = [None, death, None]
    code, verdicts = called("-j", jobs, site.url)
    assert code == 75
    assert set(verdicts) == set(members)
    assert set(verdicts.values()) == {"sent", "unknown"}
    lost = {member for member, verdict in verdicts.items() if verdict == "unknown"}
    assert len(lost) <= (2 if death.name == TAKES_ANOTHER else 1)
    assert set(members) - lost <= set(site.mailed)
    assert max(site.mailed.values()) == 1


@pytest.mark.parametrize("jobs", ["3", "64", "auto"])
@pytest.mark.parametrize("death", HTTP1, ids=lambda death: death.name)
def test_when_all_answers_are_lost_all_are_unknown(groupserver, called, death, jobs):
    site = groupserver(members=MEMBERS)
    site.on_send = death
    for _ in range(2):
        code, verdicts = called("--max-unknown", "0", "-j", jobs, site.url)
        assert code == 75
        assert verdicts == dict.fromkeys(MEMBERS, "unknown")
    assert len(site.requests) <= 2 + 5
    assert max(site.mailed.values(), default=1) == 1


@JOBS
@pytest.mark.parametrize("death", HTTP1[::3], ids=lambda death: death.name)
def test_where_the_site_honours_keys_a_lost_answer_is_asked_for_again(
    groupserver, called, death, jobs
):
    site = groupserver(members=MEMBERS, keys=KEYS)
    site.on_send = [None, death, death, None]
    code, verdicts = called("--patience", "20", "-j", jobs, site.url)
    assert code == 0
    assert verdicts == dict.fromkeys(MEMBERS, "sent")
    assert site.mailed == dict.fromkeys(MEMBERS, 1)


@JOBS
def test_answers_that_come_after_the_time_out_are_unknown(groupserver, called, jobs):
    site = groupserver(members=MEMBERS)
    site.on_send = faults.delayed(1.4)
    code, verdicts = called("--max-unknown", "0", "-j", jobs, site.url)
    assert code == 75
    assert verdicts == dict.fromkeys(MEMBERS, "unknown")
    assert called(site.url) == (75, verdicts)
    assert site.mailed == dict.fromkeys(MEMBERS, 1)


@pytest.mark.parametrize("keys", [None, KEYS], ids=["without keys", "with keys"])
@JOBS
def test_a_sender_that_sleeps_for_longer_than_the_time_out_loses_nobody(
    groupserver, sendprofile, path, jobs, keys
):
    members = [f"u{number:02}" for number in range(16)]
    site = groupserver(members=members, keys=keys)
    site.on_send = faults.delayed(0.2)
    words = ["--patience", "20", "--timeout", "1", "--max-unknown", "0", "-j", jobs]
    process = sendprofile.start(*words, "--ledger", str(path), site.url)
    for count in (4, 11):
        site.wait_for_requests(count)
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.3)
        process.send_signal(signal.SIGCONT)
    _, stderr = process.communicate(timeout=40)
    verdicts = rows(path)
    unknown = {member for member, verdict in verdicts.items() if verdict == "unknown"}
    assert set(verdicts) == set(members)
    assert set(verdicts.values()) <= {"sent", "unknown"}
    assert len(unknown) <= 2 * MOST[jobs]
    assert process.returncode == (75 if unknown else 0), stderr
    assert not (keys and unknown)
    site.on_send = None
    sendprofile.run("--ledger", path, site.url)
    assert rows(path) == verdicts
    assert site.mailed == dict.fromkeys(members, 1)

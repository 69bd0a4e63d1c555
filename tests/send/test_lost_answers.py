# SPDX-License-Identifier: MIT
"""Answers that are lost, late, or arrive while the sender is suspended."""

import signal
import time
from itertools import cycle

import pytest

from limits import LIMIT
from servers import faults
from servers.deaths import HTTP1

from .disk import rows
from .scenario import JOBS, SIZES

MEMBERS = [f"u{number}" for number in range(5)]
KEYS = 86_400

# libcurl treats this as a complete answer, and keeps the connection for the next call, which is
# then lost unsent, unless libcurl checks its connections first, as it does once a second.
TAKES_ANOTHER = "closed in the headers"


def deaths(*jobs):
    """Return the ways in which a connection can end, each with one of *jobs* in turn."""
    pairs = [
        pytest.param(death, many, id=f"{death.name}-{many}")
        for death, many in zip(HTTP1, cycle(jobs))
    ]
    return pytest.mark.parametrize(("death", "jobs"), pairs)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "ledger.sqlite3"


@pytest.fixture
def called(sendprofile, path):
    """Return a function that runs the command, and returns its exit code and the verdicts."""

    def called(*argv):
        done = sendprofile.run("--ledger", path, *argv)
        assert "Traceback" not in done.stderr
        return done.returncode, rows(path)

    return called


@pytest.mark.parametrize("death", HTTP1, ids=lambda death: death.name)
def test_a_lost_answer_is_unknown_and_the_others_are_sent_to(groupserver, called, death):
    site = groupserver(members=MEMBERS)
    site.on_send = [None, death, None]
    for _ in range(2):
        code, verdicts = called(site.url)
        assert code == 75
        lost = [member for member in MEMBERS if verdicts[member] == "unknown"]
        assert lost == ["u1"] or (lost == ["u1", "u2"] and death.name == TAKES_ANOTHER)
        assert verdicts == dict.fromkeys(MEMBERS, "sent") | dict.fromkeys(lost, "unknown")
    assert len(site.requests) == 2 + 5 + 1 - len(lost)
    assert max(site.mailed.values()) == 1


@deaths("64", "auto")
def test_one_lost_answer_among_many_makes_one_member_unknown(groupserver, called, death, jobs):
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


@deaths("64", "3", "auto")
def test_if_all_answers_are_lost_all_members_are_unknown(groupserver, called, death, jobs):
    site = groupserver(members=MEMBERS)
    site.on_send = death
    for _ in range(2):
        code, verdicts = called("--max-unknown", "0", "-j", jobs, site.url)
        assert code == 75
        assert verdicts == dict.fromkeys(MEMBERS, "unknown")
    assert len(site.requests) <= 2 + 5
    assert max(site.mailed.values(), default=1) == 1


@deaths(*SIZES)
def test_with_keys_a_call_with_a_lost_answer_is_repeated(groupserver, called, death, jobs):
    site = groupserver(members=MEMBERS, keys=KEYS)
    site.on_send = [None, death, death, None]
    code, verdicts = called("--patience", LIMIT, "-j", jobs, site.url)
    assert code == 0
    assert verdicts == dict.fromkeys(MEMBERS, "sent")
    assert site.mailed == dict.fromkeys(MEMBERS, 1)


@JOBS
def test_answers_after_the_time_out_are_unknown(groupserver, called, jobs):
    members = MEMBERS[:3]
    site = groupserver(members=members)
    site.on_send = faults.delayed(1.4)
    code, verdicts = called("--timeout", "1", "--max-unknown", "0", "-j", jobs, site.url)
    assert code == 75
    assert verdicts == dict.fromkeys(members, "unknown")
    assert called(site.url) == (75, verdicts)
    assert site.mailed == dict.fromkeys(members, 1)


# With keys it does no harm if other calls exceed such a short time-out.
@pytest.mark.parametrize(
    ("jobs", "keys", "timeout", "naps"),
    [*((jobs, KEYS, 1, [4, 11]) for jobs in SIZES), ("1", None, 5, [4])],
)
def test_a_sender_suspended_for_longer_than_the_time_out_forgets_nobody(
    groupserver, sendprofile, path, jobs, keys, timeout, naps
):
    members = [f"u{number:02}" for number in range(16)]
    site = groupserver(members=members, keys=keys)
    site.on_send = faults.delayed(0.2)
    words = ["--patience", LIMIT, "--timeout", timeout, "--max-unknown", "0", "-j", jobs]
    process = sendprofile.start(*words, "--ledger", str(path), site.url)
    for count in naps:
        site.wait_for_requests(count)
        process.send_signal(signal.SIGSTOP)
        time.sleep(timeout + 0.3)
        process.send_signal(signal.SIGCONT)
    _, stderr = process.communicate(timeout=LIMIT)
    verdicts = rows(path)
    unknown = {member for member, verdict in verdicts.items() if verdict == "unknown"}
    assert set(verdicts) == set(members)
    assert set(verdicts.values()) <= {"sent", "unknown"}
    assert len(unknown) <= (0 if keys else 1), stderr
    assert process.returncode == (75 if unknown else 0), stderr
    site.on_send = None
    sendprofile.run("--ledger", path, site.url)
    assert rows(path) == verdicts
    assert site.mailed == dict.fromkeys(members, 1)

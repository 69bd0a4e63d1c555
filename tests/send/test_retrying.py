# SPDX-License-Identifier: MIT
"""A site in trouble is waited for, in silence unless somebody looks, and not for ever."""

import re
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from servers import faults
from servers.answers import Answer
from servers.moves import Point

from .scenario import JOBS, MOST


def members(count):
    return [f"u{number}" for number in range(count)]


def gaps(site):
    """Return the seconds between the calls of the send hook."""
    return [after.time - before.time for before, after in pairwise(site.sends)]


def test_a_site_that_is_down_at_first_is_waited_for_and_cron_hears_nothing(
    groupserver, sendprofile
):
    site = groupserver(members=members(3))
    site.stop()
    process = sendprofile.start("--patience", "30", site.url)
    time.sleep(0.7)
    site.start()
    assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == 0
    assert site.mailed == dict.fromkeys(members(3), 1)


@JOBS
def test_a_site_that_goes_away_in_the_middle_is_waited_for(groupserver, sendprofile, jobs):
    site = groupserver(members=members(70))

    def restart(_):
        threading.Thread(target=lambda: (site.stop(), time.sleep(0.6), site.start())).start()
        return faults.last(Answer.json({"status": 0, "message": "Sent"}, mails=True))

    site.on_send = [None, restart]
    words = ["-v", "-j", jobs, "--patience", "30", "--max-unknown", "0"]
    done = sendprofile.run(*words, site.url)
    assert max(site.mailed.values()) == 1
    # Who is in flight just then; at -j 1 its thread may be faster than the answer.
    lost = done.stdout.count("    Unknown: ")
    assert lost <= MOST[jobs]
    assert done.returncode == (75 if lost else 0)
    assert len(site.mailed) >= 70 - lost
    waits = r"^The site cannot be reached: trying again in \d\.\d s\.$"
    assert lost or re.search(waits, done.stdout, re.MULTILINE)


def test_a_site_that_stays_away_ends_the_run_when_patience_does(sendprofile, free_port):
    began = time.monotonic()
    done = sendprofile.run("-v", "--patience", "1.5", f"http://127.0.0.1:{free_port}")
    assert done.returncode == 75
    assert 1.5 <= time.monotonic() - began < 10
    assert done.stdout.count("The site cannot be reached: trying again in ") >= 2
    assert "cannot be reached" in done.stderr
    assert "Nobody was sent to; try again later." in done.stderr


def in_seconds(seconds):
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


# What a busy site says to when it may be called again, and the least and most that is waited.
WISHES = [
    (429, lambda: {"Retry_After": "2"}, 2, 3.5),
    (503, lambda: {"Retry_After": in_seconds(3)}, 1.9, 4.5),
    (503, dict, 0.5, 2),
    (503, lambda: {"Retry_After": "0"}, 0.5, 2),
    (429, lambda: {"Retry_After": "-7"}, 0.5, 2),
    (503, lambda: {"Retry_After": "soon"}, 0.5, 2),
    (503, lambda: {"Retry_After": in_seconds(-300)}, 0.5, 2),
]


@pytest.mark.parametrize(("status", "wish", "least", "most"), WISHES)
def test_a_busy_site_is_left_alone_as_long_as_it_asks(
    groupserver, sendprofile, status, wish, least, most
):
    site = groupserver(members=members(3))
    site.on_send = [None, faults.trouble(status, **wish())]
    done = sendprofile.run("--patience", "30", site.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert site.mailed == dict.fromkeys(members(3), 1)
    assert least <= gaps(site)[1] < most


def test_a_busy_members_hook_is_left_alone_as_long_as_it_asks(groupserver, sendprofile):
    site = groupserver(members=members(3))
    site.on_members = [faults.trouble(503, Retry_After="2")]
    done = sendprofile.run("-v", "--patience", "30", site.url)
    assert done.returncode == 0
    assert done.stdout.startswith("The site asks for a pause: trying again in 2.0 s.\n")
    first, second, *_ = site.requests
    assert second.time - first.time >= 2


@pytest.mark.parametrize("hook", ["on_send", "on_members"])
@pytest.mark.parametrize(("asked", "told"), [(7200, 7200), (25_200, 21_600)])
def test_more_than_an_hour_is_left_to_the_operator_who_hears_when_to_come_back(
    groupserver, sendprofile, hook, asked, told
):
    site = groupserver(members=members(3))
    setattr(site, hook, faults.trouble(503, Retry_After=str(asked)))
    now = datetime.now().astimezone()
    done = sendprofile.run("--patience", "300", site.url)
    assert done.returncode == 75
    assert len(site.requests) <= 2
    words = rf"left alone for at least {told // 3600} h 0 min: do not call before (.*)\."
    come_back = datetime.fromisoformat(re.search(words, done.stderr)[1]).astimezone()
    assert timedelta(seconds=-2) < come_back - now - timedelta(seconds=told) < timedelta(minutes=1)


@pytest.mark.parametrize("jobs", ["8", "64"])
def test_a_run_with_many_in_flight_pauses_as_one(groupserver, sendprofile, jobs):
    site = groupserver(members=members(40))
    site.on_send = [*[faults.trouble(503)] * 8, None]
    done = sendprofile.run("-v", "-j", jobs, "--patience", "30", site.url)
    assert done.returncode == 0
    assert site.mailed == dict.fromkeys(members(40), 1)
    assert done.stdout.count("trying again in") == 1
    assert sum(gap > 0.4 for gap in gaps(site)) == 1


def test_a_handshake_that_fails_in_the_middle_is_tried_again(groupserver, sendprofile, authority):
    site = groupserver(members=members(5), tls=authority.good())
    answer = Answer.json({"status": 0, "message": "Sent"}, mails=True)
    site.on_send = [None, faults.last(answer)]
    site.on_connection = [None, faults.garbage(point=Point.ACCEPT), faults.closed(Point.ACCEPT)]
    argv = ["-v", "--cacert", authority.pem, "--patience", "30"]
    done = sendprofile.run(*argv, site.url)
    assert done.returncode == 0
    assert site.mailed == dict.fromkeys(members(5), 1)
    assert done.stdout.count("The site cannot be reached: trying again in") == 2


@pytest.mark.parametrize("hook", ["on_send", "on_members"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_pause_at_once(groupserver, sendprofile, hook, number, code):
    site = groupserver(members=members(3))
    setattr(site, hook, faults.trouble(503, Retry_After="600"))
    process = sendprofile.start("-v", "--patience", "300", site.url)
    while "trying again in 10 min 0 s" not in process.stdout.readline():
        pass
    began = time.monotonic()
    process.send_signal(number)
    _, stderr = process.communicate(timeout=10)
    assert process.returncode == code
    assert time.monotonic() - began < 2
    assert "Traceback" not in stderr
    assert not site.mailed


def test_without_patience_the_first_trouble_ends_the_run(groupserver, sendprofile):
    site = groupserver(members=members(3))
    site.on_send = [None, faults.trouble(503)]
    done = sendprofile.run("--patience", "0", site.url)
    assert done.returncode == 75
    assert len(site.sends) == 2
    assert "Give the site time" in done.stderr

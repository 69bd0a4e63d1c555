# SPDX-License-Identifier: MIT
"""The run retries while the site fails, silently without -v, until the patience ends."""

import re
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from limits import LIMIT, wait_until
from servers import faults
from servers.answers import Answer
from servers.moves import Point

from .scenario import JOBS, MOST, last_words

MINUTE = timedelta(minutes=1)


def members(count):
    return [f"u{number}" for number in range(count)]


def gaps(site):
    """Return the seconds between the calls of the send hook."""
    return [after.time - before.time for before, after in pairwise(site.sends)]


def test_a_site_that_is_down_at_first_is_retried_silently(groupserver, sendprofile):
    site = groupserver(members=members(3))
    site.stop()
    process = sendprofile.start("--patience", str(LIMIT), site.url)
    time.sleep(0.7)  # so that the command meets the failure
    site.start()
    assert process.communicate(timeout=LIMIT) == ("", "")
    assert process.returncode == 0
    assert site.mailed == dict.fromkeys(members(3), 1)


@JOBS
def test_a_site_that_stops_in_the_middle_is_retried(groupserver, sendprofile, jobs):
    site, stops = groupserver(members=members(200)), []

    def go_away(asked):
        answer = last_words(site)(asked)
        stopping = threading.Thread(target=site.stop)
        stopping.start()
        stops.append(stopping)
        return answer

    site.on_send = [None, go_away, None]
    words = ["-v", "-j", jobs, "--patience", str(LIMIT), "--max-unknown", "0"]
    process, lines = sendprofile.start(*words, site.url), []
    while not lines or "The run tries again in" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], process.stderr.read()
    assert re.fullmatch(
        r"The site cannot be reached. The run tries again in \d\.\d s\.\n", lines[-1]
    )
    wait_until(lambda: stops)[0].join()
    site.start()
    stdout, _ = process.communicate(timeout=LIMIT)
    assert max(site.mailed.values()) == 1
    # The calls in flight at that moment; with -j 1 the site may stop before it answers.
    lost = "".join([*lines, stdout]).count("    Unknown: ")
    assert lost <= MOST[jobs]
    assert process.returncode == (75 if lost else 0)
    assert len(site.mailed) >= 200 - lost


def test_a_site_that_stays_down_stops_the_run_when_the_patience_ends(sendprofile, free_port):
    began = time.monotonic()
    done = sendprofile.run("-v", "--patience", "3", f"http://127.0.0.1:{free_port}")
    assert done.returncode == 75
    assert time.monotonic() - began >= 3
    assert done.stdout.count("The site cannot be reached. The run tries again in ") >= 2
    assert "Cannot reach the site" in done.stderr
    assert "Nothing was sent. Try again later." in done.stderr


def in_seconds(seconds):
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


# The Retry-After of a busy site, and the shortest pause.
WISHES = [
    (429, lambda: {"Retry_After": "2"}, 2),
    (503, lambda: {"Retry_After": in_seconds(3)}, 1.9),
    (503, dict, 0.5),
    (503, lambda: {"Retry_After": "0"}, 0.5),
    (429, lambda: {"Retry_After": "-7"}, 0.5),
    (503, lambda: {"Retry_After": "soon"}, 0.5),
    (503, lambda: {"Retry_After": in_seconds(-300)}, 0.5),
]


@pytest.mark.parametrize(("status", "wish", "least"), WISHES)
def test_a_busy_site_gets_the_pause_that_it_asks_for(
    groupserver, sendprofile, status, wish, least
):
    site = groupserver(members=members(3))
    site.on_send = [None, lambda _: faults.trouble(status, **wish())]
    done = sendprofile.run("--patience", str(LIMIT), site.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert site.mailed == dict.fromkeys(members(3), 1)
    assert gaps(site)[1] >= least


def test_a_busy_members_hook_gets_the_pause_that_it_asks_for(groupserver, sendprofile):
    site = groupserver(members=members(3))
    site.on_members = [faults.trouble(503, Retry_After="2")]
    done = sendprofile.run("-v", "--patience", str(LIMIT), site.url)
    assert done.returncode == 0
    assert done.stdout.startswith("The site asks for a pause. The run tries again in 2.0 s.\n")
    first, second, *_ = site.requests
    assert second.time - first.time >= 2


@pytest.mark.parametrize("hook", ["on_send", "on_members"])
@pytest.mark.parametrize(("asked", "reported"), [(7200, 7200), (25_200, 21_600)])
def test_a_retry_after_of_more_than_an_hour_stops_the_run_and_names_the_time(
    groupserver, sendprofile, hook, asked, reported
):
    site = groupserver(members=members(3))
    setattr(site, hook, faults.trouble(503, Retry_After=str(asked)))
    before = datetime.now().astimezone()
    done = sendprofile.run("--patience", "300", site.url)
    assert done.returncode == 75
    assert len(site.requests) <= 2
    words = (
        rf"a pause of at least {reported // 3600} h 0 min. Do not run the command before (.*)\."
    )
    come_back = datetime.fromisoformat(re.search(words, done.stderr)[1]).astimezone()
    called = come_back - timedelta(seconds=reported)
    assert before - timedelta(seconds=2) < called < datetime.now().astimezone() + MINUTE


@pytest.mark.parametrize("jobs", ["8", "64"])
def test_a_run_with_many_in_flight_pauses_as_one(groupserver, sendprofile, jobs):
    site = groupserver(members=members(40))
    site.on_send = [*[faults.trouble(503, Retry_After="3")] * 8, None]
    done = sendprofile.run("-v", "-j", jobs, "--patience", str(LIMIT), site.url)
    assert done.returncode == 0
    assert site.mailed == dict.fromkeys(members(40), 1)
    assert "The run tries again in" in done.stdout
    assert sum(gap > 2.9 for gap in gaps(site)) == 1


def test_a_failed_handshake_is_retried(groupserver, sendprofile, authority):
    site = groupserver(members=members(5), tls=authority.good())
    answer = Answer.json({"status": 0, "message": "Sent"}, mails=True)
    site.on_send = [None, faults.last(answer)]
    site.on_connection = [None, faults.garbage(point=Point.ACCEPT), faults.closed(Point.ACCEPT)]
    argv = ["-v", "--cacert", authority.pem, "--patience", str(LIMIT)]
    done = sendprofile.run(*argv, site.url)
    assert done.returncode == 0
    assert site.mailed == dict.fromkeys(members(5), 1)
    assert done.stdout.count("The site cannot be reached. The run tries again in") == 2


@pytest.mark.parametrize("hook", ["on_send", "on_members"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_pause_at_once(groupserver, sendprofile, hook, number, code):
    site = groupserver(members=members(3))
    setattr(site, hook, faults.trouble(503, Retry_After="600"))
    process = sendprofile.start("-v", "--patience", "300", site.url)
    while "The run tries again in 10 min 0 s" not in process.stdout.readline():
        pass
    process.send_signal(number)
    _, stderr = process.communicate(timeout=LIMIT)
    assert process.returncode == code
    assert "Traceback" not in stderr
    assert not site.mailed


def test_without_patience_the_first_failure_stops_the_run(groupserver, sendprofile):
    site = groupserver(members=members(3))
    site.on_send = [None, faults.trouble(503)]
    done = sendprofile.run("--patience", "0", site.url)
    assert done.returncode == 75
    assert len(site.sends) == 2
    assert "Run the command later" in done.stderr

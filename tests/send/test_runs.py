# SPDX-License-Identifier: MIT
"""Which run an invocation works on: its period, round and key, and earlier runs."""

import io
import os
import re
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from time import sleep, tzset

import pytest

from gs.profile.status.hooks import Period
from gs.profile.status.send.errors import HostNotFoundError, UsageError
from gs.profile.status.send.ledger import runs
from gs.profile.status.send.ledger.connection import open_ledger, open_ledger_read_only
from gs.profile.status.send.report.output import Output
from gs.profile.status.send.run.model import MemberId, Outcome, Selection, StopCause, Verdict
from gs.profile.status.send.settings import options
from gs.profile.status.send.settings.settings import Settings
from gs.profile.status.send.tasks.send import send
from gs.profile.status.send.tasks.task import Task

from .fakes import Clock

SITE, OCTOBER = "example.com", Period(2026, 10)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "ledger.sqlite3"


@pytest.fixture
def file(path):
    with closing(open_ledger(path)) as file:
        yield file


@pytest.fixture
def clock():
    clock = Clock()
    clock.now = datetime(2026, 11, 1, 6, tzinfo=UTC).timestamp()
    return clock


@pytest.fixture
def begin(file, clock):
    """Return a function that begins a run of October with *members*."""

    def begin(*members, again=False, period=OCTOBER, site=SITE):
        opened = runs.open_run(file, site, period, clock, again=again)
        if members:
            opened.ledger.enrol(map(MemberId, members))
            opened.ledger.queue(Selection(), 0)
        return opened

    return begin


def send_to(opened, count, verdict=Verdict.SENT):
    claims = opened.ledger.claim(count)
    opened.ledger.record([Outcome(claim.member, verdict, "", "") for claim in claims])


def test_a_run_begins_with_round_1_and_the_period_as_its_key(begin):
    opened = begin("u1")
    assert (opened.run.site, opened.run.period, opened.run.round) == (SITE, OCTOBER, 1)
    assert opened.run.key == "2026-10"
    assert not opened.resumed


def test_the_next_invocation_resumes_the_run(begin):
    first = begin("u1", "u2")
    send_to(first, 1)
    second = begin("u1", "u2")
    assert second.resumed
    assert second.run == first.run
    assert second.invocation != first.invocation
    assert second.ledger.tally().counts == {(Verdict.SENT, ""): 1, (Verdict.WAITING, ""): 1}


@pytest.mark.parametrize("other", [{"period": Period(2026, 9)}, {"site": "example.org"}])
def test_another_period_or_site_is_another_run(begin, other):
    send_to(begin("u1"), 1)
    opened = begin("u1", **other)
    assert not opened.resumed
    assert opened.ledger.tally().of(Verdict.WAITING) == 1


def test_another_round_sends_to_all_members_with_other_keys(begin, clock):
    first = begin("u1", "u2")
    send_to(first, 2)
    second = begin("u1", "u2", again=True)
    clock.now += 1
    assert second.run.round == 2
    assert not second.resumed
    assert second.run.key not in {first.run.key, "2026-10"}
    assert second.ledger.tally().of(Verdict.WAITING) == 2
    assert first.ledger.tally().of(Verdict.SENT) == 2
    resumed = begin("u1", "u2")
    assert resumed.resumed
    assert resumed.run == second.run
    send_to(resumed, 2)
    third = begin("u1", "u2", again=True)
    assert third.run.round == 3
    assert third.run.key not in {first.run.key, second.run.key}


def test_another_round_is_refused_while_members_wait(begin, file):
    opened = begin("u1", "u2")
    send_to(opened, 1)
    with pytest.raises(UsageError, match="is incomplete"):
        begin("u1", again=True)
    opened.ledger.claim(1)  # and while a call is in flight
    with pytest.raises(UsageError, match="is incomplete"):
        begin("u1", again=True)
    assert len(list(runs.accounts(file, SITE, Clock()))) == 1


def test_again_can_begin_the_first_round(begin):
    opened = begin("u1", again=True)
    assert opened.run.round == 1
    assert begin("u1").run == opened.run


def test_a_run_without_a_list_is_begun_by_the_next_invocation(begin):
    first = begin()
    second = begin("u1")
    assert not second.resumed
    assert second.run == first.run
    assert second.ledger.tally().total == 1


def test_a_round_without_a_list_is_ignored_without_again(begin):
    first = begin("u1", "u2")
    send_to(first, 2)
    begin(again=True)  # without a list
    resumed = begin("u1", "u2")
    assert resumed.run == first.run
    assert resumed.ledger.queue(Selection(), 0) == 0


def test_a_round_without_a_list_is_begun_with_again(begin, clock, file):
    send_to(begin("u1"), 1)
    lost = begin(again=True)
    clock.now += 60
    second = begin("u1", again=True)
    assert second.run.round == lost.run.round == 2
    assert second.run.key != lost.run.key
    assert [one.run.round for one in runs.accounts(file, SITE, clock)] == [2, 1]


def test_keys_of_rounds_are_printable_and_contain_the_period(begin):
    send_to(begin("u1"), 1)
    key = begin("u1", again=True).run.key
    assert key.startswith("2026-10-")
    assert re.fullmatch(r"[!#-\[\]-~]+", key)


def test_a_clock_that_jumps_back_changes_no_run_and_no_verdict(begin, clock, file):
    send_to(begin("u1", "u2"), 1)
    clock.now -= 400 * 86_400
    resumed = begin("u1", "u2")
    assert resumed.resumed
    assert resumed.ledger.queue(Selection(), 0) == 1
    send_to(resumed, 2)
    (account,) = runs.accounts(file, SITE, clock)
    assert account.invocations == 2
    assert account.ledger.tally().counts == {(Verdict.SENT, ""): 2}
    assert begin("u1", "u2", again=True).run.round == 2


def test_the_latest_earlier_incomplete_period_is_reported(begin, file):
    for month, sent in ((7, 1), (8, 0), (9, 1)):
        send_to(begin("u1", period=Period(2026, month)), sent)
    begin("u1", site="example.org", period=Period(2026, 9))
    assert runs.incomplete_period(file, SITE, OCTOBER) == Period(2026, 8)
    assert runs.incomplete_period(file, SITE, Period(2026, 8)) is None
    assert runs.incomplete_period(file, "elsewhere", OCTOBER) is None


def test_the_end_of_an_invocation_is_recorded(begin, file, clock):
    opened = begin("u1")
    with pytest.raises(HostNotFoundError), runs.recording_end(file, opened, clock, lambda: None):
        raise HostNotFoundError("There is no host.\nCheck the URL.")
    (account,) = runs.accounts(file, SITE, clock)
    assert account.cause == "There is no host."
    with runs.recording_end(file, begin("u1"), clock, lambda: StopCause.LIMIT):
        clock.now += 5
    (account,) = runs.accounts(file, SITE, clock)
    assert account.cause == StopCause.LIMIT.value
    assert account.ended == clock.now
    begin("u1")  # and is killed
    (account,) = runs.accounts(file, SITE, clock)
    assert (account.invocations, account.ended, account.cause) == (3, None, None)


# The command in this process, on a day that the test chooses.


def settings(sendprofile, path, url, day, *argv):
    words = ["-c", str(sendprofile.config), "--ledger", str(path), *argv, url]
    now = datetime.combine(day, time(12)).astimezone()
    return Settings.of(options.parse(words, "x"), os.environ, now)


def call(settings_):
    """Return the exit code, and standard error."""
    stderr = io.StringIO()
    code = send(Task(settings_, os.environ, Output(io.StringIO()), Output(stderr)))
    return code, stderr.getvalue()


@pytest.mark.parametrize(
    ("day", "period"),
    [
        (date(2026, 11, 1), "2026-10"),
        (date(2026, 10, 31), "2026-09"),
        (date(2027, 1, 1), "2026-12"),
        (date(2028, 3, 31), "2028-02"),
    ],
)
def test_the_period_is_the_month_before_today(sendprofile, path, day, period):
    assert str(settings(sendprofile, path, "http://h", day).period) == period
    given = settings(sendprofile, path, "http://h", day, "--period", "2025-02")
    assert str(given.period) == "2025-02"


def test_a_month_that_ends_during_a_run_does_not_change_its_period(groupserver, sendprofile, path):
    site = groupserver(members=["u1", "u2", "u3"])
    october = settings(sendprofile, path, site.url, date(2026, 10, 31), "--limit", "2")
    assert call(october)[0] == 75
    november = date(2026, 11, 1)
    code, stderr = call(settings(sendprofile, path, site.url, november))
    assert code == 0
    assert "The run of 2026-09 is incomplete" in stderr
    assert "--period 2026-09" in stderr
    code, stderr = call(
        settings(sendprofile, path, site.url, november)
    )  # resumed: not reported again
    assert (code, stderr) == (0, "")
    assert call(settings(sendprofile, path, site.url, november, "--period", "2026-09"))[0] == 0
    assert site.mailed == dict.fromkeys(["u1", "u2", "u3"], 2)
    periods = [(one.fields["profileId"], one.fields["period"]) for one in site.sends]
    assert len(set(periods)) == len(periods) == 6
    with closing(open_ledger_read_only(path)) as file:
        accounts = list(runs.accounts(file, settings_site(site), Clock()))
        assert [str(one.run.period) for one in accounts] == ["2026-10", "2026-09"]
        assert all(one.ledger.tally().complete for one in accounts)


def settings_site(site):
    return site.netloc


@pytest.fixture
def berlin(monkeypatch):
    """Use a time zone whose clocks go back on 25 October 2026, and forward on 29 March."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    tzset()
    yield
    monkeypatch.undo()
    tzset()


@pytest.mark.parametrize(
    ("now", "until", "end"),
    [
        ("2026-11-23T22:00+01:00", "06:30", "2026-11-24T06:30+01:00"),
        ("2026-11-23T05:00+01:00", "06:30", "2026-11-23T06:30+01:00"),
        ("2026-11-23T06:30+01:00", "06:30", "2026-11-24T06:30+01:00"),
        ("2026-10-24T22:00+02:00", "06:30", "2026-10-25T06:30+01:00"),
        ("2026-10-25T02:30+02:00", "02:45", "2026-10-25T02:45+02:00"),
        ("2026-10-25T02:30+02:00", "02:15", "2026-10-25T02:15+01:00"),
        ("2026-10-25T02:30+01:00", "02:45", "2026-10-25T02:45+01:00"),
        ("2026-10-25T02:30+01:00", "02:15", "2026-10-26T02:15+01:00"),
        ("2026-03-29T01:45+01:00", "02:30", "2026-03-29T03:30+02:00"),
    ],
)
@pytest.mark.usefixtures("berlin")
def test_until_is_the_next_time_that_the_clock_shows(sendprofile, path, now, until, end):
    words = ["-c", str(sendprofile.config), "--ledger", str(path), "--until", until, "http://h"]
    here = datetime.fromisoformat(now).astimezone()
    settings_ = Settings.of(options.parse(words, "x"), os.environ, here)
    assert settings_.until == datetime.fromisoformat(end)


def test_until_stops_the_run_and_the_next_invocation_resumes_it(groupserver, sendprofile, path):
    members = [f"u{number:02}" for number in range(40)]
    site = groupserver(members=members)
    settings_ = settings(sendprofile, path, site.url, date(2026, 11, 1), "-j", "2")
    until = datetime.now().astimezone() + timedelta(seconds=3)

    def last_until_it_is_late(_):
        while datetime.now().astimezone() <= until:
            sleep(0.01)

    site.on_send = [*[None] * 10, *[last_until_it_is_late] * 2, None]
    code, stderr = call(replace(settings_, until=until))
    assert code == 75
    assert "The run stopped: the time of --until has come." in stderr
    assert re.search(r"Run the same command to send to \d+ waiting\.", stderr)
    assert 1 <= len(site.mailed) <= 12
    site.on_send = None
    assert call(settings_) == (0, "")
    assert site.mailed == dict.fromkeys(members, 1)

# SPDX-License-Identifier: MIT
"""A campaign claims members, sends, judges, records and reports, until no member waits."""

import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.hooks import write_refusal, write_reply
from gs.profile.status.send.errors import (
    BusyError,
    LedgerError,
    ProtocolError,
    StoppedAtOnceError,
    UnreachableError,
    UntrustedCertificateError,
)
from gs.profile.status.send.run.campaign import Campaign
from gs.profile.status.send.run.model import (
    Answer,
    MemberId,
    NoAnswer,
    Selection,
    StopCause,
    Verdict,
)
from gs.profile.status.send.run.pace import Backoff, FixedLimit, Pace, RateLimiter
from gs.profile.status.send.run.stop import FailureLimit, Stop, StopRules
from gs.profile.status.send.text import Token

from .fakes import SENT, Clock, FakeSite, RecordingReporter
from .memory_ledger import MemoryLedger

UNREACHED, LOST = NoAnswer("refused", sent=False), NoAnswer("reset", sent=True)


def campaign(
    site,
    clock=None,
    throttle=0.0,
    jobs=1,
    ledger=None,
    max_unknown=10,
    stop=None,
    seconds=0.0,
    rate_limiter=None,
    limit=None,
    **parts,
):
    clock = clock or Clock()
    backoff = Backoff(seconds, lambda: 1.0)
    return Campaign(
        site=site,
        ledger=MemoryLedger(clock) if ledger is None else ledger,
        reporter=RecordingReporter(),
        pace=Pace(FixedLimit(jobs), throttle, backoff, rate_limiter),
        rules=StopRules(stop or Stop(), FailureLimit(max_unknown), backoff, limit),
        token=Token("secret"),
        clock=clock,
        **parts,
    )


def members(count):
    return [f"u{number:02}" for number in range(count)]


def test_every_member_is_sent_to_once():
    site = FakeSite(members(100))
    tally = campaign(site).run()
    assert sorted(member for _, member in site.posts) == sorted(members(100))
    assert tally.counts == {(Verdict.SENT, ""): 100}


def test_a_run_without_members_is_complete():
    site = FakeSite([])
    tally = campaign(site).run()
    assert tally.complete
    assert site.posts == []


def test_a_member_listed_twice_is_sent_to_once():
    site = FakeSite(["a", "b", "a"])
    campaign(site).run()
    assert [member for _, member in site.posts] == ["a", "b"]


def test_nothing_is_sent_if_the_list_is_incomplete():
    site = FakeSite(members(9), error=UnreachableError("gone"))
    with pytest.raises(UnreachableError):
        campaign(site).run()
    assert site.posts == []


def test_the_claim_is_recorded_before_the_request_is_sent():
    ledger = MemoryLedger(Clock())
    sending = []
    site = FakeSite(
        members(3), on_begin=lambda _: sending.append(ledger.tally().of(Verdict.SENDING))
    )
    campaign(site, ledger=ledger).run()
    assert sending == [1] * 3


def test_the_reporter_gets_all_events_in_order():
    run = campaign(FakeSite(["a"]))
    tally = run.run()
    events = run.reporter.events
    assert events[:-1] == [
        ("retrieving",),
        ("retrieved", 1, 0),
        ("claimed", "a"),
        ("recorded", "a", Verdict.SENT),
    ]
    assert events[-1] == ("finished", tally, 0.0)


def test_the_throttle_pauses_after_each_notification_sent_only():
    clock = Clock()
    ends = {"u01": Answer(200, write_reply(-16, "Skipping")), "u02": Answer(500, b"")}
    site = FakeSite(members(5), ends, clock, seconds=1)
    campaign(site, clock, throttle=10).run()
    assert [when - 1000 for when, _ in site.posts] == [0, 11, 12, 13, 24]


def test_the_throttle_does_not_pause_after_the_last_member():
    clock = Clock()
    campaign(FakeSite(members(2), {}, clock), clock, throttle=10).run()
    assert clock.now == 1010


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_the_pace_limits_the_calls_in_flight(jobs):
    clock = Clock()
    site = FakeSite(members(50), {}, clock, seconds=1)
    tally = campaign(site, clock, jobs=jobs).run()
    assert site.most_in_flight == jobs
    assert tally.of(Verdict.SENT) == 50


@pytest.mark.parametrize(
    ("end", "cause"),
    [
        (UNREACHED, StopCause.UNREACHABLE),
        (Answer(503, b""), StopCause.BUSY),
        (Answer(200, write_refusal("Token: wrong")), StopCause.TOKEN_REFUSED),
    ],
)
def test_without_patience_a_call_that_was_not_accepted_stops_the_run(end, cause):
    site = FakeSite(members(9), {"u03": end})
    run = campaign(site)
    tally = run.run()
    assert run.rules.stop.cause is cause
    assert [member for _, member in site.posts] == ["u00", "u01", "u02", "u03"]
    assert (tally.of(Verdict.SENT), tally.of(Verdict.WAITING)) == (3, 6)


def test_too_many_unknown_outcomes_in_a_row_stop_the_run():
    site = FakeSite(members(99), dict.fromkeys(members(99)[20:], LOST))
    run = campaign(site, max_unknown=5)
    tally = run.run()
    assert run.rules.stop.cause is StopCause.TOO_MANY_UNKNOWN
    assert (tally.of(Verdict.SENT), tally.of(Verdict.UNKNOWN)) == (20, 5)


def test_unknown_members_are_not_sent_to_again():
    site = FakeSite(members(9), {"u03": LOST, "u05": LOST})
    tally = campaign(site).run()
    assert len(site.posts) == 9
    assert (tally.of(Verdict.SENT), tally.of(Verdict.UNKNOWN)) == (7, 2)


@pytest.mark.usefixtures("signals_end_a_process")
def test_the_first_signal_waits_for_the_calls_in_flight():
    clock, stop = Clock(), Stop()
    site = FakeSite(members(99), {}, clock, seconds=1)
    site.on_begin = lambda claim: claim.member == "u04" and os.kill(os.getpid(), signal.SIGINT)
    run = campaign(site, clock, jobs=3, stop=stop)
    with stop.handling_signals():
        tally = run.run()
    assert stop.cause is StopCause.INTERRUPT
    assert tally.of(Verdict.SENT) == len(site.posts) == 6
    assert tally.of(Verdict.WAITING) == 93
    assert ("stopping", StopCause.INTERRUPT, 3) in run.reporter.events


@pytest.mark.usefixtures("signals_end_a_process")
def test_the_second_signal_makes_the_members_in_flight_unknown():
    clock, stop = Clock(), Stop()
    site = FakeSite(members(99), {}, clock, seconds=1)

    def twice(claim):
        if claim.member == "u04":
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)

    site.on_begin = twice
    run = campaign(site, clock, jobs=3, stop=stop)
    with stop.handling_signals():
        tally = run.run()
    assert (tally.of(Verdict.SENT), tally.of(Verdict.UNKNOWN)) == (3, 3)
    assert run.reporter.events[-1][0] == "finished"


# A site that fails


def test_a_site_that_cannot_be_reached_is_retried_until_all_are_sent_to():
    clock, ends = Clock(), {"u02": UNREACHED}
    site = FakeSite(members(5), ends, clock)
    site.on_begin = lambda _: clock.now >= 1003 and ends.clear()
    run = campaign(site, clock, seconds=60)
    assert run.run().counts == {(Verdict.SENT, ""): 5}
    pauses = [event for event in run.reporter.events if event[0] == "pausing"]
    assert pauses[0] == ("pausing", StopCause.UNREACHABLE, 1)
    assert [member for _, member in site.posts].count("u02") == len(pauses) + 1


def test_calls_that_are_refused_together_make_one_pause():
    clock, ends = Clock(), dict.fromkeys(members(8), Answer(503, b""))
    site = FakeSite(members(40), ends, clock)
    site.on_begin = lambda _: clock.now > 1000 and ends.clear()
    run = campaign(site, clock, jobs=8, seconds=60)
    assert run.run().counts == {(Verdict.SENT, ""): 40}
    pauses = [event for event in run.reporter.events if event[0] == "pausing"]
    assert pauses == [("pausing", StopCause.BUSY, 1)]
    assert [when for when, _ in site.posts] == [1000] * 8 + [1001] * 40


def test_no_call_begins_during_a_pause_that_the_site_asks_for():
    clock = Clock()
    ends = {"u02": Answer(503, b"", 100.0)}
    site = FakeSite(members(5), ends, clock)
    run = campaign(site, clock, jobs=1, seconds=60)
    site.on_begin = lambda _: clock.now > 1050 and ends.clear()
    assert run.run().complete
    assert [when for when, _ in site.posts] == [1000, 1000, 1000, 1100, 1100, 1100]


def test_the_run_stops_with_all_members_waiting_when_the_patience_ends():
    clock = Clock()
    site = FakeSite(members(9), dict.fromkeys(members(9), UNREACHED), clock)
    run = campaign(site, clock, jobs=3, seconds=60)
    tally = run.run()
    assert clock.now == 1060
    assert run.rules.stop.cause is StopCause.UNREACHABLE
    assert tally.of(Verdict.WAITING) == 9


def test_a_retry_after_of_more_than_an_hour_stops_the_run():
    run = campaign(FakeSite(members(3), {"u01": Answer(429, b"", 7200.0)}), seconds=60)
    assert run.run().of(Verdict.WAITING) == 2
    assert (run.rules.stop.cause, run.rules.stop.retry_after) == (StopCause.BUSY, 7200)


def test_a_list_that_cannot_be_retrieved_is_asked_for_again():
    clock = Clock()
    site = FakeSite(members(2), {}, clock, error=UnreachableError("down"))
    listed = site.members

    def mended():
        site.error = site.error if clock.now < 1010 else None
        return listed()

    site.members = mended
    run = campaign(site, clock, seconds=60)
    assert run.run().counts == {(Verdict.SENT, ""): 2}
    assert run.reporter.events.count(("retrieving",)) == 5


@pytest.mark.parametrize(
    ("error", "lasts"),
    [
        (UnreachableError("down"), 60),
        (BusyError("busy"), 60),
        (BusyError("busy", 7200), 0),
        (UntrustedCertificateError("expired"), 0),
        (ProtocolError("a login page"), 0),
    ],
)
def test_the_patience_limits_the_requests_for_the_list(error, lasts):
    clock = Clock()
    with pytest.raises(type(error)):
        campaign(FakeSite([], {}, clock, error=error), clock, seconds=60).run()
    assert clock.now == 1000 + lasts


@pytest.mark.usefixtures("signals_end_a_process")
def test_a_signal_stops_a_run_that_waits_for_the_list():
    clock, stop = Clock(), Stop()
    site = FakeSite([], {}, clock, error=UnreachableError("down"))
    attempts = site.attempts

    def and_stop(timeout):
        os.kill(os.getpid(), signal.SIGINT)
        stop.check()
        return attempts(timeout)

    site.attempts = and_stop
    with stop.handling_signals(), pytest.raises(StoppedAtOnceError):
        campaign(site, clock, seconds=60, stop=stop).run()


# A site that honours keys


def test_with_keys_a_call_without_an_answer_is_repeated_until_it_is_answered():
    clock, ends = Clock(), {"u01": LOST, "u03": Answer(500, b"")}
    site = FakeSite(members(5), ends, clock, key_lifetime=9999)
    site.on_begin = lambda _: clock.now > 1002 and ends.clear()
    run = campaign(site, clock, seconds=60)
    assert run.run().counts == {(Verdict.SENT, ""): 5}


def test_with_keys_the_calls_of_a_killed_run_are_repeated():
    clock, rows = Clock(), {}
    killed = MemoryLedger(clock, rows)
    killed.enrol(members(4))
    killed.queue(Selection(), 9999)
    killed.claim(3)
    site = FakeSite(members(4), {}, clock, key_lifetime=9999)
    assert campaign(site, clock, ledger=MemoryLedger(clock, rows)).run().of(Verdict.SENT) == 4
    without = FakeSite(members(4), {}, clock)
    assert campaign(without, clock, ledger=MemoryLedger(clock, rows)).run().of(Verdict.SENT) == 4
    assert without.posts == []


def test_without_keys_the_calls_of_a_killed_run_are_unknown():
    clock, rows = Clock(), {}
    killed = MemoryLedger(clock, rows)
    killed.enrol(members(4))
    killed.queue(Selection(), 0)
    killed.claim(3)
    site = FakeSite(members(4), {}, clock)
    tally = campaign(site, clock, ledger=MemoryLedger(clock, rows)).run()
    assert (tally.of(Verdict.SENT), tally.of(Verdict.UNKNOWN)) == (1, 3)


def test_with_keys_the_patience_limits_the_repeated_calls():
    clock = Clock()
    site = FakeSite(members(3), {"u01": LOST}, clock, key_lifetime=9999)
    run = campaign(site, clock, seconds=60, max_unknown=0)
    tally = run.run()
    assert (tally.of(Verdict.SENT), tally.of(Verdict.UNKNOWN)) == (2, 1)
    assert run.rules.stop.cause is StopCause.NO_ANSWER
    assert clock.now == 1060


def test_with_keys_calls_without_an_answer_do_not_block_the_other_members():
    clock, rows = Clock(), {}
    listed = [*members(20), "z1", "z2"]
    bad = dict.fromkeys(members(20), LOST)

    def call():
        site = FakeSite(listed, bad, clock, key_lifetime=99_999)
        return campaign(site, clock, seconds=60, ledger=MemoryLedger(clock, rows)).run()

    sent = [call().of(Verdict.SENT) for _ in range(4)]
    assert sent[-1] == 2
    assert Verdict.WAITING not in {row.outcome.verdict for row in rows.values()}


# Selections and limits


def test_only_selected_members_are_sent_to_and_counted():
    site = FakeSite(members(9))
    tally = campaign(site, selection=Selection(frozenset({"u03", "u05"}))).run()
    assert [member for _, member in site.posts] == ["u03", "u05"]
    assert tally.counts == {(Verdict.SENT, ""): 2}


@pytest.mark.parametrize("jobs", [1, 4])
def test_the_limit_stops_the_run(jobs):
    clock = Clock()
    site = FakeSite(members(9), {}, clock, seconds=1)
    run = campaign(site, clock, jobs=jobs, limit=6)
    assert run.run().of(Verdict.WAITING) == 3
    assert len(site.posts) == 6
    assert run.rules.stop.cause is StopCause.LIMIT


def test_a_limit_of_all_members_does_not_stop_the_run():
    run = campaign(FakeSite(members(6)), limit=6)
    assert run.run().complete
    assert run.rules.stop.cause is None


def test_the_rate_limit_spaces_the_calls_whatever_the_number_of_jobs():
    clock = Clock()
    site = FakeSite(members(20), {}, clock, seconds=3)
    campaign(site, clock, jobs=64, rate_limiter=RateLimiter(2)).run()
    times = [at - 1000 for at, _ in site.posts]
    assert times == pytest.approx([beat / 2 for beat in range(20)])


class Slow(MemoryLedger):
    """A ledger whose commits take 8 ms, as on a slow disk."""

    def claim(self, limit, outcomes=()):
        self.clock.now += 0.008
        return super().claim(limit, outcomes)


def test_the_rate_is_kept_if_a_commit_takes_almost_an_interval():
    clock = Clock()
    site = FakeSite(members(500), {}, clock, seconds=0.001)
    campaign(site, clock, jobs=4, ledger=Slow(clock), rate_limiter=RateLimiter(100)).run()
    first, last = site.posts[0][0], site.posts[-1][0]
    assert 499 / (last - first) == pytest.approx(100, rel=0.02)


def test_the_throttle_is_exact_if_a_commit_takes_longer_than_the_pause():
    clock = Clock()
    site = FakeSite(members(50), {}, clock, seconds=0.001)
    campaign(site, clock, throttle=0.005, ledger=Slow(clock)).run()
    first, last = site.posts[0][0], site.posts[-1][0]
    assert last - first < 49 * 0.025


def test_members_with_forgotten_keys_cause_no_further_commits():
    clock, waits = Clock(), []
    ledger = Counting(clock)
    site = FakeSite(members(9), {"u00": LOST}, clock, seconds=30, key_lifetime=2 * 3600)
    campaign(site, clock, jobs=9, ledger=ledger, seconds=60).run()
    clock.now += 3500
    site = FakeSite([*members(9), *(f"v{n}" for n in range(9))], {}, clock, seconds=300)
    site.key_lifetime = 2 * 3600
    site.on_wait = lambda: waits.append(clock.now)
    before = ledger.changes
    campaign(site, clock, jobs=18, ledger=ledger).run()
    assert ledger.changes - before < 20


def test_a_run_that_completes_before_until_is_not_reported_as_stopped():
    clock = Clock()
    stop = Stop(lambda: clock.now >= 1001)
    site = FakeSite(members(3), {}, clock, seconds=2)
    assert campaign(site, clock, jobs=3, stop=stop).run().complete
    assert stop.cause is None


def test_until_stops_the_run_after_the_calls_in_flight():
    clock = Clock()
    stop = Stop(lambda: clock.now >= 1009)
    site = FakeSite(members(99), {}, clock, seconds=2)
    tally = campaign(site, clock, jobs=3, stop=stop).run()
    assert stop.cause is StopCause.UNTIL
    assert tally.of(Verdict.SENT) == len(site.posts) == 15
    assert tally.of(Verdict.WAITING) == 84


def test_until_stops_a_run_that_waits_for_the_list():
    clock = Clock()
    stop = Stop(lambda: clock.now >= 1003)
    site = FakeSite(members(9), {}, clock, error=UnreachableError("refused"))
    site.on_wait = stop.check
    with pytest.raises(StoppedAtOnceError, match="the time of --until has come"):
        campaign(site, clock, seconds=300, stop=stop).run()
    assert site.posts == []


# A ledger that fails


class Failing(MemoryLedger):
    """A ledger whose operation *fails* raises an error."""

    fails = ""

    def claim(self, limit, outcomes=()):
        if self.fails == "claim":
            raise LedgerError("disk full")
        return super().claim(limit, outcomes)

    def record(self, outcomes):
        if self.fails == "record":
            raise LedgerError("disk full")
        super().record(outcomes)


class Counting(MemoryLedger):
    """A ledger that counts its changes."""

    changes = 0

    def claim(self, limit, outcomes=()):
        self.changes += 1
        return super().claim(limit, outcomes)

    def record(self, outcomes):
        self.changes += 1
        super().record(outcomes)


def test_one_commit_records_verdicts_and_claims_the_next_members():
    clock = Clock()
    ledger = Counting(clock)
    site = FakeSite(members(64), {}, clock, seconds=1)
    campaign(site, clock, ledger=ledger, jobs=16).run()
    # Four claims, each of which calls record too, and the last verdicts.
    assert ledger.changes == 4 + 4 + 1


def test_nothing_is_sent_that_cannot_be_recorded():
    ledger = Failing(Clock())
    site = FakeSite(members(9))
    site.on_begin = lambda claim: claim.member == "u03" and setattr(ledger, "fails", "claim")
    with pytest.raises(LedgerError, match=r"^disk full$"):
        campaign(site, ledger=ledger).run()
    assert len(site.posts) == 4
    assert ledger.tally().of(Verdict.SENT) == 4


def test_the_error_names_the_verdicts_that_could_not_be_recorded():
    clock = Clock()
    ledger = Failing(clock)
    site = FakeSite(members(9), {"u01": Answer(200, write_reply(-16, "none"))}, clock, seconds=1)
    site.on_begin = lambda _: setattr(ledger, "fails", "record")
    with pytest.raises(LedgerError) as raised:
        campaign(site, clock, ledger=ledger, jobs=3).run()
    assert str(raised.value) == (
        "disk full\nAnswered but not recorded; the next run of the command counts them as "
        "unknown: u00 (sent), u01 (skipped), u02 (sent)"
    )
    assert len(site.posts) == 3


ends = st.sampled_from(
    [SENT, LOST, UNREACHED, Answer(404, b""), Answer(500, b""), Answer(429, b"")]
)


@given(st.lists(ends, max_size=30), st.integers(1, 5), st.integers(0, 4))
def test_every_member_gets_one_verdict_and_at_most_one_post(given_, jobs, limit):
    clock = Clock()
    site = FakeSite(members(len(given_)), dict(zip(members(99), given_, strict=False)), clock, 1)
    tally = campaign(site, clock, jobs=jobs, max_unknown=limit).run()
    posted = [member for _, member in site.posts]
    assert len(posted) == len(set(posted))
    assert tally.total == len(given_)
    assert tally.of(Verdict.SENT) == sum(
        given_[int(member[1:])] is SENT for member in map(MemberId, posted)
    )

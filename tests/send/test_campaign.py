# SPDX-License-Identifier: MIT
"""A campaign claims, sends, judges, settles and reports, until nobody waits."""

import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gs.profile.status.hooks import write_refusal, write_reply
from gs.profile.status.send.campaign import Campaign
from gs.profile.status.send.errors import UnreachableError
from gs.profile.status.send.ledger import MemoryLedger
from gs.profile.status.send.model import Answer, Fault, MemberId, StopCause, Verdict
from gs.profile.status.send.pace import Pace
from gs.profile.status.send.stop import Breaker, Stop
from gs.profile.status.send.token import Token

from .fakes import SENT, Clock, FakeSite, Heard

UNREACHED, LOST = Fault("refused", left=False), Fault("reset", left=True)


def campaign(site, clock=None, throttle=0.0, jobs=1, ledger=None, max_unknown=10, stop=None):
    return Campaign(
        site=site,
        ledger=ledger or MemoryLedger(),
        reporter=Heard(),
        pace=Pace(throttle, jobs),
        stop=stop or Stop(),
        breaker=Breaker(max_unknown),
        token=Token("secret"),
        clock=clock or Clock(),
    )


def members(count):
    return [f"u{number}" for number in range(count)]


def test_everybody_is_sent_to_once():
    site = FakeSite(members(100))
    tally = campaign(site).run()
    assert sorted(member for _, member in site.posts) == sorted(members(100))
    assert tally.counts == {(Verdict.SENT, ""): 100}


def test_a_site_without_members_is_a_run_that_is_done():
    site = FakeSite([])
    tally = campaign(site).run()
    assert tally.all_settled
    assert site.posts == []


def test_a_member_listed_twice_is_sent_to_once():
    site = FakeSite(["a", "b", "a"])
    campaign(site).run()
    assert [member for _, member in site.posts] == ["a", "b"]


def test_nobody_is_sent_to_where_the_list_breaks_off():
    site = FakeSite(members(9), error=UnreachableError("gone"))
    with pytest.raises(UnreachableError):
        campaign(site).run()
    assert site.posts == []


def test_the_claim_is_recorded_before_the_request_leaves():
    ledger = MemoryLedger()
    waiting = []
    site = FakeSite(
        members(3), on_begin=lambda _: waiting.append(ledger.tally().of(Verdict.WAITING))
    )
    claimed = []
    site._on_begin = lambda claim: claimed.append(claim.member in ledger._sending)
    campaign(site, ledger=ledger).run()
    assert claimed == [True] * 3


def test_the_reporter_hears_all_of_it_in_order():
    heard = campaign(FakeSite(["a"])).reporter
    run = campaign(FakeSite(["a"]))
    tally = run.run()
    heard = run.reporter.events
    assert heard[:-1] == [
        ("retrieving",),
        ("retrieved", 1),
        ("claimed", "a"),
        ("settled", "a", Verdict.SENT),
    ]
    assert heard[-1] == ("finished", tally, 0.0)


def test_a_pause_comes_after_each_success_and_after_nothing_else():
    clock = Clock()
    ends = {"u1": Answer(200, write_reply(-16, "Skipping")), "u2": Answer(500, b"")}
    site = FakeSite(members(5), ends, clock, seconds=1)
    campaign(site, clock, throttle=10).run()
    assert [when - 1000 for when, _ in site.posts] == [0, 11, 12, 13, 24]


def test_nobody_waits_for_a_pause_after_the_last():
    clock = Clock()
    campaign(FakeSite(members(2), {}, clock), clock, throttle=10).run()
    assert clock.now == 1010


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_no_more_are_in_flight_than_the_pace_gives_turns(jobs):
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
def test_what_puts_a_member_back_stops_the_run_with_the_rest_waiting(end, cause):
    site = FakeSite(members(9), {"u3": end})
    run = campaign(site)
    tally = run.run()
    assert run.stop.cause is cause
    assert [member for _, member in site.posts] == ["u0", "u1", "u2", "u3"]
    assert (tally.of(Verdict.SENT), tally.of(Verdict.WAITING)) == (3, 6)


def test_too_many_unknown_in_a_row_stop_the_run():
    site = FakeSite(members(99), dict.fromkeys(members(99)[20:], LOST))
    run = campaign(site, max_unknown=5)
    tally = run.run()
    assert run.stop.cause is StopCause.TOO_MANY_UNKNOWN
    assert (tally.of(Verdict.SENT), tally.of(Verdict.UNKNOWN)) == (20, 5)


def test_unknown_members_are_not_sent_to_again():
    site = FakeSite(members(9), {"u3": LOST, "u5": LOST})
    tally = campaign(site).run()
    assert len(site.posts) == 9
    assert (tally.of(Verdict.SENT), tally.of(Verdict.UNKNOWN)) == (7, 2)


def test_the_first_signal_lets_what_is_in_flight_finish():
    clock, stop = Clock(), Stop()
    site = FakeSite(members(99), {}, clock, seconds=1)
    site._on_begin = lambda claim: claim.member == "u4" and os.kill(os.getpid(), signal.SIGINT)
    run = campaign(site, clock, jobs=3, stop=stop)
    with stop.listening():
        tally = run.run()
    assert stop.cause is StopCause.INTERRUPT
    assert tally.of(Verdict.SENT) == len(site.posts) == 6
    assert tally.of(Verdict.WAITING) == 93
    assert ("stopping", StopCause.INTERRUPT, 3) in run.reporter.events


def test_the_second_signal_leaves_at_once_and_says_that_it_does_not_know():
    clock, stop = Clock(), Stop()
    site = FakeSite(members(99), {}, clock, seconds=1)

    def twice(claim):
        if claim.member == "u4":
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)

    site._on_begin = twice
    run = campaign(site, clock, jobs=3, stop=stop)
    with stop.listening():
        tally = run.run()
    assert (tally.of(Verdict.SENT), tally.of(Verdict.UNKNOWN)) == (3, 3)
    assert run.reporter.events[-1][0] == "finished"


ends = st.sampled_from(
    [SENT, LOST, UNREACHED, Answer(404, b""), Answer(500, b""), Answer(429, b"")]
)


@given(st.lists(ends, max_size=30), st.integers(1, 5), st.integers(0, 4))
def test_whatever_happens_everybody_has_one_verdict_and_nobody_two_posts(given_, jobs, limit):
    clock = Clock()
    site = FakeSite(members(len(given_)), dict(zip(members(99), given_, strict=False)), clock, 1)
    tally = campaign(site, clock, jobs=jobs, max_unknown=limit).run()
    posted = [member for _, member in site.posts]
    assert len(posted) == len(set(posted))
    assert tally.total == len(given_)
    assert tally.of(Verdict.SENT) == sum(
        given_[int(member[1:])] is SENT for member in map(MemberId, posted)
    )

# SPDX-License-Identifier: MIT
"""What stops a run: signals, limits, and failures of the site."""

import os
import select
import signal

import pytest

from gs.profile.status.send.errors import StoppedAtOnceError
from gs.profile.status.send.run.model import MemberId, Outcome, StopCause, Verdict
from gs.profile.status.send.run.pace import Backoff
from gs.profile.status.send.run.stop import FailureLimit, Stop, StopRules
from limits import LIMIT

pytestmark = pytest.mark.usefixtures("signals_end_a_process")


def outcome(verdict, cause=None):
    return Outcome(MemberId("u"), verdict, "", "", cause=cause)


SENT, UNKNOWN = outcome(Verdict.SENT), outcome(Verdict.UNKNOWN)
DENIED = outcome(Verdict.FAILED, StopCause.NOT_A_SITE)


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (signal.SIGINT, StopCause.INTERRUPT),
        (signal.SIGTERM, StopCause.TERMINATE),
        (signal.SIGHUP, StopCause.HANG_UP),
    ],
)
def test_the_first_signal_waits_for_answers_and_the_second_does_not(number, cause):
    stop = Stop()
    with stop.handling_signals(), stop.waiting_for_answers():
        stop.check()
        os.kill(os.getpid(), number)
        assert select.select([stop], [], [], LIMIT)[0]
        stop.check()
        assert stop.cause is cause
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(StoppedAtOnceError):
            stop.check()
        assert stop.cause is cause


def test_the_first_signal_stops_at_once_if_nothing_is_in_flight():
    stop = Stop()
    with stop.handling_signals():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StoppedAtOnceError) as raised:
            stop.check()
    assert raised.value.cause is StopCause.TERMINATE


def test_until_waits_for_answers_and_stops_at_once_if_nothing_is_in_flight():
    late = [False]
    stop = Stop(lambda: late[0])
    stop.check()
    late[0] = True
    with stop.waiting_for_answers():
        stop.check()
        assert stop.is_late()
        assert stop.cause is None
    with pytest.raises(StoppedAtOnceError, match=r"^Stopped: the time of --until has come\."):
        stop.check()


def test_the_handlers_of_the_signals_are_restored():
    before = signal.getsignal(signal.SIGINT)
    with Stop().handling_signals():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_a_hang_up_that_nohup_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Stop().handling_signals():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_first_cause_stays():
    stop = Stop()
    stop.request(StopCause.BUSY)
    stop.request(StopCause.UNREACHABLE)
    assert stop.cause is StopCause.BUSY


def causes(limit, *outcomes):
    return [limit.cause(one) for one in outcomes]


def test_unknown_outcomes_in_a_row_stop_the_run():
    assert causes(FailureLimit(3), UNKNOWN, UNKNOWN, SENT, UNKNOWN, UNKNOWN) == [None] * 5
    assert causes(FailureLimit(3), UNKNOWN, UNKNOWN, UNKNOWN)[-1] is StopCause.TOO_MANY_UNKNOWN


def test_unknown_outcomes_never_stop_a_run_with_max_unknown_0():
    assert causes(FailureLimit(0), *[UNKNOWN] * 1000) == [None] * 1000


def test_repeatable_calls_do_not_count_as_failures():
    repeated = Outcome(MemberId("u"), Verdict.UNKNOWN, "", "", again=True)
    assert causes(FailureLimit(1), *[repeated] * 99) == [None] * 99


def test_a_denial_stops_the_run_only_as_the_first_answer():
    assert causes(FailureLimit(3), DENIED) == [StopCause.NOT_A_SITE]
    assert causes(FailureLimit(3), SENT, DENIED, DENIED, DENIED, DENIED) == [None] * 5


def test_a_resumed_run_stops_after_max_unknown_denials():
    limit = FailureLimit(3, resumed=True)
    assert causes(limit, DENIED, DENIED, DENIED) == [None, None, StopCause.NOT_A_SITE]
    assert causes(FailureLimit(3, resumed=True), DENIED, SENT, *[DENIED] * 5) == [None] * 7
    assert causes(FailureLimit(0, resumed=True), *[DENIED] * 99) == [None] * 99


def test_a_refused_token_stops_the_run():
    refused = outcome(Verdict.WAITING, StopCause.TOKEN_REFUSED)
    assert causes(FailureLimit(3), SENT, refused)[-1] is StopCause.TOKEN_REFUSED


@pytest.mark.parametrize("cause", [StopCause.UNREACHABLE, StopCause.BUSY])
def test_an_unreachable_or_busy_site_is_not_a_failure(cause):
    assert causes(FailureLimit(1), *[outcome(Verdict.WAITING, cause)] * 9) == [None] * 9


def rules_of(stop, *, patience=0.0, limit=None):
    return StopRules(stop, FailureLimit(3), Backoff(patience, lambda: 1.0), limit)


def test_the_limit_stops_the_run_when_its_last_call_is_answered():
    stop = Stop()
    rules = rules_of(stop, limit=2)
    assert rules.allowed(waiting=9) == 2
    rules.claimed(2)
    assert rules.before_claim(waiting=7, in_flight=2)
    assert stop.cause is None
    assert not rules.before_claim(waiting=7, in_flight=0)
    assert stop.cause is StopCause.LIMIT


def test_a_call_that_is_tried_again_does_not_count_for_the_limit():
    rules = rules_of(Stop(), patience=300, limit=1)
    rules.claimed(1)
    lost = Outcome(MemberId("u"), Verdict.UNKNOWN, "", "", again=True)
    assert not rules.after_outcome(lost, now=0)
    assert rules.allowed(waiting=9) == 1


def test_a_site_that_fails_for_longer_than_the_patience_stops_the_run():
    stop = Stop()
    busy = outcome(Verdict.WAITING, StopCause.BUSY)._replace(again=True, retry_after=7.0)
    assert rules_of(stop, patience=0).after_outcome(busy, now=0)
    assert (stop.cause, stop.retry_after) == (StopCause.BUSY, 7.0)


def test_a_run_that_is_late_claims_nobody():
    stop = Stop(lambda: True)
    assert not rules_of(stop).before_claim(waiting=1, in_flight=0)
    assert stop.cause is StopCause.UNTIL


def test_a_list_that_cannot_be_retrieved_is_asked_for_again_within_the_patience():
    assert not rules_of(Stop(), patience=0).after_list_failed(now=0)
    rules = rules_of(Stop(), patience=10)
    assert rules.after_list_failed(now=0)
    assert not rules.after_list_failed(now=10)

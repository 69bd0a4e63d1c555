# SPDX-License-Identifier: MIT
"""Signals, and what outcomes say of the site, become one cause to end the run."""

import os
import select
import signal

import pytest

from gs.profile.status.send.errors import StoppedAtOnceError
from gs.profile.status.send.run.model import MemberId, Outcome, StopCause, Verdict
from gs.profile.status.send.run.stop import FailureLimit, Stop
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
def test_the_first_signal_waits_for_what_is_in_flight_the_second_leaves(number, cause):
    stop = Stop()
    with stop.listening(), stop.finishing_what_is_in_flight():
        stop.check()
        os.kill(os.getpid(), number)
        assert select.select([stop], [], [], LIMIT)[0]
        stop.check()
        assert stop.cause is cause
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(StoppedAtOnceError):
            stop.check()
        assert stop.cause is cause


def test_where_nothing_is_in_flight_the_first_signal_leaves():
    stop = Stop()
    with stop.listening():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StoppedAtOnceError) as raised:
            stop.check()
    assert raised.value.cause is StopCause.TERMINATE


def test_being_late_waits_for_what_is_in_flight_and_leaves_where_nothing_is():
    late = [False]
    stop = Stop(lambda: late[0])
    stop.check()
    late[0] = True
    with stop.finishing_what_is_in_flight():
        stop.check()
        assert stop.is_late()
        assert stop.cause is None
    with pytest.raises(StoppedAtOnceError, match=r"^Stopped: it is as late as --until allows\."):
        stop.check()


def test_the_signals_are_given_back():
    before = signal.getsignal(signal.SIGINT)
    with Stop().listening():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_a_hang_up_that_nohup_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Stop().listening():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_first_cause_is_the_cause():
    stop = Stop()
    stop.request(StopCause.BUSY)
    stop.request(StopCause.UNREACHABLE)
    assert stop.cause is StopCause.BUSY


def causes(breaker, *outcomes):
    return [breaker.cause(one) for one in outcomes]


def test_unknown_in_a_row_stops_and_a_success_between_does_not():
    assert causes(FailureLimit(3), UNKNOWN, UNKNOWN, SENT, UNKNOWN, UNKNOWN) == [None] * 5
    assert causes(FailureLimit(3), UNKNOWN, UNKNOWN, UNKNOWN)[-1] is StopCause.TOO_MANY_UNKNOWN


def test_unknown_never_stops_where_the_limit_is_0():
    assert causes(FailureLimit(0), *[UNKNOWN] * 1000) == [None] * 1000


def test_what_is_tried_again_is_no_matter_of_the_breaker():
    repeated = Outcome(MemberId("u"), Verdict.UNKNOWN, "", "", again=True)
    assert causes(FailureLimit(1), *[repeated] * 99) == [None] * 99


def test_a_denial_stops_only_as_the_first_answer():
    assert causes(FailureLimit(3), DENIED) == [StopCause.NOT_A_SITE]
    assert causes(FailureLimit(3), SENT, DENIED, DENIED, DENIED, DENIED) == [None] * 5


def test_a_resumed_run_stops_after_as_many_denials_as_it_bears_unknown():
    breaker = FailureLimit(3, resumed=True)
    assert causes(breaker, DENIED, DENIED, DENIED) == [None, None, StopCause.NOT_A_SITE]
    assert causes(FailureLimit(3, resumed=True), DENIED, SENT, *[DENIED] * 5) == [None] * 7
    assert causes(FailureLimit(0, resumed=True), *[DENIED] * 99) == [None] * 99


def test_a_refused_token_stops_the_run():
    refused = outcome(Verdict.WAITING, StopCause.TOKEN_REFUSED)
    assert causes(FailureLimit(3), SENT, refused)[-1] is StopCause.TOKEN_REFUSED


@pytest.mark.parametrize("cause", [StopCause.UNREACHABLE, StopCause.BUSY])
def test_how_long_to_wait_for_a_site_is_not_its_matter(cause):
    assert causes(FailureLimit(1), *[outcome(Verdict.WAITING, cause)] * 9) == [None] * 9

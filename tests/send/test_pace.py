# SPDX-License-Identifier: MIT
"""The pace gives turns, and lets each rest after a success."""

import pytest

from gs.profile.status.send.model import MemberId, Outcome, Verdict
from gs.profile.status.send.pace import Pace as RealPace
from gs.profile.status.send.patience import Patience


def Pace(throttle, jobs=1, patience=None):  # noqa: N802 - it stands for the class
    return RealPace(throttle, jobs, patience or Patience(300, lambda: 1.0))


def outcomes(*verdicts):
    return [Outcome(MemberId("u"), verdict, "", "") for verdict in verdicts]


def test_there_is_one_turn_and_none_while_it_is_taken():
    pace = Pace(throttle=0)
    assert (pace.turns(0, in_flight=0), pace.turns(0, in_flight=1)) == (1, 0)


def test_a_turn_rests_after_a_success():
    pace = Pace(throttle=5)
    pace.settled(outcomes(Verdict.SENT), now=10)
    assert (pace.turns(10, 0), pace.rest(10)) == (0, 5)
    assert (pace.turns(14.9, 0), pace.rest(14.5)) == (0, 0.5)
    assert (pace.turns(15, 0), pace.rest(15)) == (1, 0)


@pytest.mark.parametrize("verdict", sorted(set(Verdict) - {Verdict.SENT}))
def test_nothing_rests_after_anything_else(verdict):
    pace = Pace(throttle=5)
    pace.settled(outcomes(verdict), now=10)
    assert (pace.turns(10, 0), pace.rest(10)) == (1, 0)


def test_without_a_throttle_nothing_rests():
    pace = Pace(throttle=0)
    pace.settled(outcomes(Verdict.SENT), now=10)
    assert (pace.turns(10, 0), pace.rest(10)) == (1, 0)


def test_each_of_several_turns_rests_by_itself():
    pace = Pace(throttle=5, jobs=3)
    pace.settled(outcomes(Verdict.SENT), now=10)
    pace.settled(outcomes(Verdict.SENT, Verdict.FAILED), now=12)
    assert pace.turns(12, 0) == 1
    assert (pace.turns(15, 1), pace.rest(15)) == (1, 2)
    assert pace.turns(17, 0) == 3


def test_there_are_no_turns_in_a_pause_and_one_at_a_time_until_the_site_answers():
    patience = Patience(300, lambda: 1.0)
    pace = Pace(0, jobs=9, patience=patience)
    patience.bears(10, retry_after=5)
    assert (pace.turns(14.9, 0), pace.rest(10)) == (0, 5)
    assert (pace.turns(15, 0), pace.turns(15, 1)) == (1, 0)
    patience.weigh(*outcomes(Verdict.SENT), 16)
    assert pace.turns(16, 1) == 8

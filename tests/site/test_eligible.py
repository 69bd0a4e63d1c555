# SPDX-License-Identifier: MIT
from itertools import product

import pytest

from gs.profile.status.hooks import SKIPPED, Status
from gs.profile.status.site.dispatch.decide import Facts, decide
from gs.profile.status.site.model import EVENT_CODES

WELL = Facts(opted_out=False, groups=2, deliverable=True, posts=3)


def test_a_member_with_groups_an_address_and_activity_gets_one():
    assert decide(WELL) is Status.SENT


def test_nobody_is_no_such_member():
    assert decide(None) is Status.NO_SUCH_MEMBER


@pytest.mark.parametrize(
    ("opted_out", "grouped", "deliverable", "active"), list(product((False, True), repeat=4))
)
def test_the_first_reason_in_the_order_of_groupserver_is_the_one_given(
    opted_out, grouped, deliverable, active
):
    reasons = [
        (opted_out, Status.OPTED_OUT),
        (not grouped, Status.NOT_IN_ANY_GROUP),
        (not deliverable, Status.NO_VERIFIED_ADDRESS),
        (not active, Status.NO_ACTIVITY),
        (True, Status.SENT),
    ]
    expected = next(status for holds, status in reasons if holds)
    assert decide(Facts(opted_out, int(grouped), deliverable, int(active))) is expected


def test_each_decision_has_an_event_code_of_its_own():
    assert set(EVENT_CODES) == {Status.SENT, *SKIPPED}
    assert len(set(EVENT_CODES.values())) == len(EVENT_CODES)

# SPDX-License-Identifier: MIT
"""The contract of the ledger, which every plug of the port keeps."""

import pytest

from gs.profile.status.send.ledger import MemoryLedger
from gs.profile.status.send.model import Claim, MemberId, Outcome, Verdict


@pytest.fixture(params=[MemoryLedger])
def ledger(request):
    return request.param()


def outcome(member, verdict, reason=""):
    return Outcome(MemberId(member), verdict, reason, f"message for {member}")


def ids(claims):
    return [claim.member for claim in claims]


def test_members_wait_when_they_are_enrolled(ledger):
    assert ledger.enrol(["a", "b"]) == 2
    assert ledger.tally().counts == {(Verdict.WAITING, ""): 2}


def test_a_member_who_is_listed_twice_is_enrolled_once(ledger):
    assert ledger.enrol(["a", "b", "a"]) == 2
    assert ledger.enrol(["b", "c"]) == 3
    assert ids(ledger.claim(9)) == ["a", "b", "c"]


def test_a_list_that_breaks_off_enrols_nobody(ledger):
    def broken():
        yield "a"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        ledger.enrol(broken())
    assert ledger.tally().total == 0
    assert ledger.claim(1) == []


def test_no_member_is_claimed_twice(ledger):
    ledger.enrol(["a", "b", "c"])
    assert ids(ledger.claim(2)) == ["a", "b"]
    assert ids(ledger.claim(2)) == ["c"]
    assert ledger.claim(2) == []


@pytest.mark.parametrize("verdict", sorted(set(Verdict) - {Verdict.WAITING}))
def test_a_settled_member_is_not_claimed_again(ledger, verdict):
    ledger.enrol(["a"])
    ledger.claim(1)
    ledger.settle([outcome("a", verdict, "why")])
    assert ledger.claim(1) == []
    assert ledger.tally().counts == {(verdict, "why"): 1}


def test_a_member_put_back_can_be_claimed_again(ledger):
    ledger.enrol(["a"])
    ledger.settle([outcome(claim.member, Verdict.WAITING, "busy") for claim in ledger.claim(1)])
    assert ledger.tally().counts == {(Verdict.WAITING, "busy"): 1}
    assert ledger.claim(1) == [Claim(MemberId("a"))]


def test_what_was_claimed_and_never_settled_becomes_unknown(ledger):
    ledger.enrol(["a", "b", "c"])
    ledger.claim(2)
    ledger.settle([outcome("a", Verdict.SENT)])
    assert ledger.recover() == 1
    tally = ledger.tally()
    assert [tally.of(v) for v in (Verdict.SENT, Verdict.UNKNOWN, Verdict.WAITING)] == [1, 1, 1]
    assert ids(ledger.claim(9)) == ["c"]


def test_only_what_was_claimed_can_be_settled(ledger):
    ledger.enrol(["a"])
    with pytest.raises(KeyError):
        ledger.settle([outcome("a", Verdict.SENT)])


def test_the_unsettled_are_those_that_failed_or_are_unknown(ledger):
    ledger.enrol("abcd")
    ledger.claim(4)
    given = [Verdict.SENT, Verdict.FAILED, Verdict.UNKNOWN, Verdict.SKIPPED]
    ledger.settle([outcome(m, v) for m, v in zip("abcd", given, strict=True)])
    assert ledger.unsettled(9) == [outcome("b", Verdict.FAILED), outcome("c", Verdict.UNKNOWN)]
    assert ledger.unsettled(1) == [outcome("b", Verdict.FAILED)]


def test_the_tally_counts_by_verdict_and_reason(ledger):
    ledger.enrol("abcde")
    ledger.claim(4)
    skipped = [("a", "opted out"), ("b", "inactive"), ("c", "inactive")]
    ledger.settle([outcome(m, Verdict.SKIPPED, why) for m, why in skipped])
    ledger.settle([outcome("d", Verdict.SENT)])
    tally = ledger.tally()
    assert tally.reasons(Verdict.SKIPPED) == [("inactive", 2), ("opted out", 1)]
    assert (tally.total, tally.all_settled) == (5, False)
    ledger.claim(1)
    ledger.settle([outcome("e", Verdict.SENT)])
    assert ledger.tally().all_settled

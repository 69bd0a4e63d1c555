# SPDX-License-Identifier: MIT
"""The contract of the ledger, for each implementation of the port."""

from collections import Counter
from contextlib import ExitStack, closing

import pytest

from gs.profile.status.hooks import Period
from gs.profile.status.send.errors import LedgerError, NotListedError, ProtocolError
from gs.profile.status.send.ledger import runs
from gs.profile.status.send.ledger.connection import open_ledger
from gs.profile.status.send.run.model import (
    KEY_MARGIN,
    NO_LONGER_LISTED,
    MemberId,
    Outcome,
    RecordedOutcome,
    Selection,
    Verdict,
)

from .fakes import Clock
from .memory_ledger import MemoryLedger

DAY = 86_400
ALL = Selection()


def memory(_tmp_path, clock, _opened):
    rows = {}
    return lambda: MemoryLedger(clock, rows)


def sqlite(tmp_path, clock, opened):
    """Open the file again each time, as each invocation of the program does."""

    def call():
        file = opened.enter_context(closing(open_ledger(tmp_path / "ledger.sqlite3")))
        return runs.open_run(file, "example.com", Period(2026, 10), clock, again=False).ledger

    return call


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=[memory, sqlite])
def call(request, tmp_path, clock):
    """Return a function that opens the ledger for another invocation of the same run."""
    with ExitStack() as opened:
        yield request.param(tmp_path, clock, opened)


@pytest.fixture
def ledger(call):
    return call()


def outcome(member, verdict, reason="", **more):
    return Outcome(MemberId(member), verdict, reason, f"message for {member}", **more)


def ids(claims):
    return [claim.member for claim in claims]


def begin(ledger, members, selection=ALL, lifetime=0):
    ledger.recover()
    ledger.enrol(members)
    return ledger.queue(selection, lifetime)


def record_all(ledger, **verdicts):
    """Claim the members, and record their *verdicts*."""
    for claim in ledger.claim(len(verdicts)):
        ledger.record([outcome(claim.member, verdicts[claim.member])])


def verdicts(ledger):
    return {verdict: n for verdict in Verdict if (n := ledger.tally().of(verdict))}


def test_members_wait_when_they_are_enrolled(ledger):
    assert begin(ledger, ["a", "b"]) == 2
    assert ledger.tally().counts == {(Verdict.WAITING, ""): 2}


def test_an_empty_list_is_a_run_without_members(ledger):
    assert begin(ledger, []) == 0
    assert ledger.claim(9) == []
    assert ledger.tally().total == 0


def test_a_member_who_is_listed_twice_is_enrolled_once(ledger):
    assert begin(ledger, ["b", "a", "b", "a"]) == 2
    assert ids(ledger.claim(9)) == ["a", "b"]


def test_an_incomplete_list_changes_nothing(call):
    ledger = call()
    begin(ledger, ["a"])

    def broken():
        yield "b"
        raise ConnectionError

    later = call()
    with pytest.raises(ConnectionError):
        later.enrol(broken())
    assert later.tally().counts == {(Verdict.WAITING, ""): 1}


@pytest.mark.parametrize(
    "member", ["", "a b", "山田", "\0", "'; --", "%", "a" * 10_000, "\U0001f600"]
)
def test_any_text_is_an_id(ledger, member):
    begin(ledger, [member, "other"])
    claims = ledger.claim(2)
    assert set(ids(claims)) == {member, "other"}
    ledger.record([outcome(member, Verdict.UNKNOWN)])
    assert [record.outcome.member for record in ledger.unresolved()] == [member]


def test_no_member_is_claimed_twice(ledger):
    begin(ledger, ["a", "b", "c"])
    assert ids(ledger.claim(2)) == ["a", "b"]
    assert ids(ledger.claim(2)) == ["c"]
    assert ledger.claim(2) == []


@pytest.mark.parametrize("verdict", [Verdict.SENT, Verdict.SKIPPED])
def test_a_member_with_a_final_verdict_is_never_claimed_again(call, verdict):
    ledger = call()
    begin(ledger, ["a"])
    record_all(ledger, a=verdict)
    assert ledger.claim(1) == []
    later = call()
    assert begin(later, ["a"], Selection(resend_unknown=True), DAY) == 0
    assert later.claim(1) == []
    assert verdicts(later) == {verdict: 1}


def test_a_failed_member_is_claimed_by_the_next_invocation_only(call):
    ledger = call()
    begin(ledger, ["a"])
    record_all(ledger, a=Verdict.FAILED)
    assert ledger.claim(1) == []
    later = call()
    assert begin(later, ["a"]) == 1
    assert ids(later.claim(1)) == ["a"]


def test_an_unknown_member_is_claimed_only_with_resend_unknown(call):
    ledger = call()
    begin(ledger, ["a"])
    record_all(ledger, a=Verdict.UNKNOWN)
    later = call()
    assert begin(later, ["a"]) == 0
    assert later.claim(1) == []
    last = call()
    assert begin(last, ["a"], Selection(resend_unknown=True)) == 1
    assert ids(last.claim(1)) == ["a"]


def test_a_member_to_resend_to_is_doubtful_before_and_after_the_claim(call):
    ledger = call()
    begin(ledger, "ab")
    record_all(ledger, a=Verdict.UNKNOWN, b=Verdict.UNKNOWN)
    later = call()
    assert begin(later, "ab", Selection(resend_unknown=True)) == 2
    (claim,) = later.claim(1)
    assert claim.doubtful
    assert verdicts(later) == {Verdict.SENDING: 1, Verdict.UNKNOWN: 1}
    assert begin(call(), "ab") == 0


def test_an_invocation_resends_to_a_member_once_unless_told_again(call):
    ledger = call()
    begin(ledger, "a")
    record_all(ledger, a=Verdict.UNKNOWN)
    later = call()
    begin(later, "a", Selection(resend_unknown=True))
    later.claim(1)
    later.record([outcome("a", Verdict.UNKNOWN)])
    assert later.claim(1) == []
    last = call()
    begin(last, "a", Selection(resend_unknown=True))
    last.claim(1)
    last.record([outcome("a", Verdict.UNKNOWN, again=True)])
    assert ids(last.claim(1)) == ["a"]


def test_a_member_to_try_again_can_be_claimed_again(ledger):
    begin(ledger, ["a", "b"])
    (claim,) = ledger.claim(1)
    ledger.record([outcome(claim.member, Verdict.WAITING, "busy", again=True)])
    assert ledger.tally().counts == {(Verdict.WAITING, "busy"): 1, (Verdict.WAITING, ""): 1}
    assert sorted(ids(ledger.claim(1) + ledger.claim(1))) == ["a", "b"]
    assert ledger.claim(1) == []


def test_all_members_to_try_again_are_claimed_again_and_no_others(ledger):
    begin(ledger, [f"u{number}" for number in range(30)])
    back = ids(ledger.claim(20))
    ledger.record([outcome(member, Verdict.WAITING, again=True) for member in back])
    claimed = []
    while claims := ledger.claim(7):
        claimed += ids(claims)
    assert len(claimed) == len(set(claimed)) == 30


def test_a_claim_records_verdicts_in_the_same_change(ledger):
    begin(ledger, ["a", "b", "c"])
    ledger.claim(2)
    outcomes = [outcome("a", Verdict.SENT), outcome("b", Verdict.WAITING, "busy", again=True)]
    assert ids(ledger.claim(9, outcomes)) == ["c", "b"]
    assert verdicts(ledger) == {Verdict.SENT: 1, Verdict.SENDING: 2}


def test_many_verdicts_of_several_kinds_are_each_recorded(ledger):
    members = [f"u{number:03}{end}" for number in range(100) for end in ("", "\0", "\0x")]
    begin(ledger, members)
    kinds = (Verdict.SENT, Verdict.SKIPPED, Verdict.FAILED)
    expected = {member: kinds[at % 7 % 3] for at, member in enumerate(members)}
    ledger.claim(len(members))
    ledger.record([outcome(member, verdict) for member, verdict in expected.items()])
    assert verdicts(ledger) == Counter(expected.values())
    failed = [member for member, verdict in expected.items() if verdict is Verdict.FAILED]
    assert [record.outcome.member for record in ledger.unresolved()] == failed
    assert {r.outcome.message for r in ledger.unresolved()} == {f"message for {m}" for m in failed}


def test_nothing_is_claimed_if_a_verdict_cannot_be_recorded(call):
    ledger = call()
    begin(ledger, ["a", "b", "c"])
    ledger.claim(1)
    with pytest.raises(LedgerError):
        ledger.claim(1, [outcome("a", Verdict.SENT), outcome("c", Verdict.SENT)])
    assert verdicts(ledger) == {Verdict.SENDING: 1, Verdict.WAITING: 2}
    assert ids(ledger.claim(1, [outcome("a", Verdict.SENT)])) == ["b"]


def test_more_members_are_claimed_in_order_than_are_read_at_a_time(call):
    ledger = call()
    assert begin(ledger, [f"u{number:05}" for number in range(25_000)]) == 25_000
    claimed = []
    while claims := ledger.claim(7_001):
        claimed += ids(claims)
    assert claimed == [f"u{number:05}" for number in range(25_000)]


def test_an_unchanged_list_changes_nothing(call):
    ledger = call()
    begin(ledger, ["b", "a", "c"])
    record_all(ledger, a=Verdict.SENT, b=Verdict.FAILED)
    for order in (["b", "a", "c"], ["c", "b", "a"]):
        later = call()
        assert begin(later, order) == 2
    assert ids(later.claim(9)) == ["b", "c"]


def test_a_list_is_compared_with_the_latest_one(call):
    begin(call(), ["a", "b"])
    begin(call(), ["a"])
    later = call()
    assert begin(later, ["a", "b"]) == 2
    assert verdicts(later) == {Verdict.WAITING: 2}


@pytest.mark.parametrize(("one", "other"), [(["a", "b"], ["a\0b"]), (["a", "b"], ["a,b"])])
def test_lists_that_look_alike_are_different(call, one, other):
    begin(call(), one)
    later = call()
    assert begin(later, other) == len(other)
    assert ids(later.claim(9)) == other


def test_a_claim_without_a_verdict_becomes_unknown(call):
    ledger = call()
    begin(ledger, ["a", "b", "c"])
    ledger.claim(2)
    ledger.record([outcome("a", Verdict.SENT)])
    assert verdicts(ledger) == {Verdict.SENT: 1, Verdict.SENDING: 1, Verdict.WAITING: 1}
    later = call()
    assert later.recover() == 1
    assert verdicts(later) == {Verdict.SENT: 1, Verdict.UNKNOWN: 1, Verdict.WAITING: 1}
    (record,) = later.unresolved()
    assert (record.outcome.member, record.outcome.reason) == ("b", "no answer")
    assert begin(later, ["a", "b", "c"]) == 1
    assert ids(later.claim(9)) == ["c"]


def test_only_claimed_members_get_verdicts(ledger):
    begin(ledger, ["a", "b"])
    ledger.claim(1)
    with pytest.raises(LedgerError, match="Another process changed the ledger"):
        ledger.record([outcome("a", Verdict.SENT), outcome("b", Verdict.SENT)])
    with pytest.raises(LedgerError, match="Another process changed the ledger"):
        ledger.record([outcome("nobody", Verdict.SENT)])


def test_a_verdict_has_the_message_of_the_site_and_the_time(ledger, clock):
    begin(ledger, ["a"])
    ledger.claim(1)
    clock.now += 60
    failed = Outcome(MemberId("a"), Verdict.FAILED, "status 7", "山田: no", 7)
    ledger.record([failed])
    assert list(ledger.unresolved()) == [RecordedOutcome(failed, clock.now)]


def test_the_unresolved_members_failed_or_are_unknown(ledger):
    begin(ledger, "abcd")
    given = {"a": Verdict.SENT, "b": Verdict.FAILED, "c": Verdict.UNKNOWN, "d": Verdict.SKIPPED}
    record_all(ledger, **given)
    assert [record.outcome.member for record in ledger.unresolved()] == ["b", "c"]
    assert [record.outcome.member for record in ledger.unresolved(1)] == ["b"]


def test_the_tally_counts_by_verdict_and_reason(ledger):
    begin(ledger, "abcde")
    ledger.claim(4)
    skipped = [("a", "opted out"), ("b", "inactive"), ("c", "inactive")]
    ledger.record([outcome(m, Verdict.SKIPPED, why) for m, why in skipped])
    ledger.record([outcome("d", Verdict.SENT)])
    tally = ledger.tally()
    assert tally.reasons(Verdict.SKIPPED) == [("inactive", 2), ("opted out", 1)]
    assert (tally.total, tally.complete) == (5, False)
    assert ledger.tally(frozenset({"a", "d"})).complete
    assert ledger.tally(frozenset({"a", "e"})).counts == {
        (Verdict.SKIPPED, "opted out"): 1,
        (Verdict.WAITING, ""): 1,
    }
    ledger.claim(1)
    ledger.record([outcome("e", Verdict.SENT)])
    assert ledger.tally().complete


# The list changes


def test_a_new_member_is_added(call):
    begin(call(), ["b"])
    later = call()
    assert begin(later, ["a", "b", "c"]) == 3
    assert ids(later.claim(9)) == ["a", "b", "c"]


@pytest.mark.parametrize("verdict", [Verdict.WAITING, Verdict.FAILED])
def test_a_removed_member_is_skipped_with_the_reason(call, verdict):
    ledger = call()
    begin(ledger, ["a", "b"])
    record_all(ledger, a=verdict)
    later = call()
    assert begin(later, ["b"]) == 1
    assert later.tally().counts == {
        (Verdict.SKIPPED, NO_LONGER_LISTED): 1,
        (Verdict.WAITING, ""): 1,
    }


def test_enrol_returns_the_number_of_removed_members(call):
    assert call().enrol(["a", "b", "c"]) == 0
    assert call().enrol(["c"]) == 2
    assert call().enrol(["c"]) == 0


def test_an_empty_list_is_refused_if_the_run_is_incomplete(call):
    ledger = call()
    begin(ledger, ["a", "b"])
    record_all(ledger, a=Verdict.SENT)
    with pytest.raises(ProtocolError, match="lists no members"):
        call().enrol([])
    assert verdicts(call()) == {Verdict.SENT: 1, Verdict.WAITING: 1}


def test_an_empty_list_is_accepted_if_the_run_is_complete(call):
    ledger = call()
    begin(ledger, ["a"])
    record_all(ledger, a=Verdict.SENT)
    assert call().enrol([]) == 0


def test_a_removed_member_who_is_listed_again_waits(call):
    begin(call(), ["a", "b"])
    begin(call(), ["b"])
    later = call()
    assert begin(later, ["a", "b"]) == 2
    assert later.tally().counts == {(Verdict.WAITING, ""): 2}


@pytest.mark.parametrize("verdict", [Verdict.SENT, Verdict.SKIPPED, Verdict.UNKNOWN])
def test_a_removed_member_keeps_a_final_or_unknown_verdict(call, verdict):
    ledger = call()
    begin(ledger, ["a", "b"])
    record_all(ledger, a=verdict)
    later = call()
    begin(later, ["b"])
    assert later.tally().of(verdict) == 1
    begin(call(), ["a", "b"])
    assert call().tally().of(verdict) == 1


def test_a_removed_unknown_member_is_not_sent_to_again(call):
    ledger = call()
    begin(ledger, ["a", "b"], lifetime=DAY)
    record_all(ledger, a=Verdict.UNKNOWN)
    later = call()
    assert begin(later, ["b"], Selection(resend_unknown=True), DAY) == 1
    assert ids(later.claim(9)) == ["b"]


# Selections


def test_only_selected_members_are_claimed(call):
    ledger = call()
    assert begin(ledger, "abcd", Selection(frozenset({"b", "d"}))) == 2
    assert ids(ledger.claim(9)) == ["b", "d"]
    ledger.record([outcome("b", Verdict.SENT), outcome("d", Verdict.FAILED)])
    later = call()
    assert begin(later, "abcd", Selection(frozenset({"a", "b"}))) == 1
    assert ids(later.claim(9)) == ["a"]
    assert later.tally().of(Verdict.FAILED) == 1


def test_an_unknown_member_is_resent_to_only_if_selected(call):
    ledger = call()
    begin(ledger, "ab")
    record_all(ledger, a=Verdict.UNKNOWN, b=Verdict.UNKNOWN)
    later = call()
    assert begin(later, "ab", Selection(frozenset("a"), resend_unknown=True)) == 1
    assert ids(later.claim(9)) == ["a"]


def test_a_selected_member_who_is_not_listed_is_an_error(call):
    begin(call(), ["a", "gone"])
    later = call()
    with pytest.raises(NotListedError, match="The site does not list: gone, typo"):
        begin(later, ["a"], Selection(frozenset({"a", "typo", "gone"})))
    assert verdicts(later) == {Verdict.WAITING: 1, Verdict.SKIPPED: 1}


def test_a_selected_member_with_a_final_verdict_is_not_queued(call):
    ledger = call()
    begin(ledger, ["a", "b"])
    record_all(ledger, a=Verdict.SENT)
    assert begin(call(), ["b"], Selection(frozenset("a"))) == 0


# A site that honours keys


def test_with_a_key_a_claim_is_repeatable(ledger):
    begin(ledger, "a", lifetime=DAY)
    (claim,) = ledger.claim(1)
    assert (claim.repeatable, claim.doubtful) == (True, False)


def test_without_a_key_a_claim_is_not_repeatable(ledger):
    begin(ledger, "a")
    (claim,) = ledger.claim(1)
    assert (claim.repeatable, claim.doubtful) == (False, False)


def test_with_a_key_an_unknown_member_is_claimed_again_as_doubtful(ledger):
    begin(ledger, "ab", lifetime=DAY)
    ledger.claim(2)
    ledger.record([outcome("a", Verdict.UNKNOWN, again=True), outcome("b", Verdict.SENT)])
    (claim,) = ledger.claim(2)
    assert (claim.member, claim.repeatable, claim.doubtful) == ("a", True, True)
    ledger.record([outcome("a", Verdict.SENT)])
    assert ledger.claim(1) == []


def test_with_a_key_a_claim_of_a_killed_run_is_claimed_again_as_doubtful(call):
    ledger = call()
    begin(ledger, "ab", lifetime=DAY)
    ledger.claim(1)
    later = call()
    assert begin(later, "ab", lifetime=DAY) == 2
    claims = later.claim(2)
    assert [(claim.member, claim.doubtful) for claim in claims] == [("b", False), ("a", True)]


def test_a_claim_stays_doubtful_after_a_second_kill(call):
    for _ in range(3):
        ledger = call()
        begin(ledger, "a", lifetime=DAY)
        claims = ledger.claim(1)
    assert claims[0].doubtful


def test_a_call_without_a_key_is_not_repeated_with_one(call):
    ledger = call()
    begin(ledger, "a", lifetime=0)
    ledger.claim(1)
    later = call()
    assert begin(later, "a", lifetime=DAY) == 0
    assert later.claim(1) == []
    assert later.repeatable() == 0


def test_a_site_that_honours_keys_no_more_gets_no_repeated_call(call):
    ledger = call()
    begin(ledger, "a", lifetime=DAY)
    ledger.claim(1)
    later = call()
    assert begin(later, "a", lifetime=0) == 0
    assert later.claim(1) == []
    assert later.repeatable() == 1


@pytest.mark.parametrize(
    ("passed", "usable"),
    [(DAY - KEY_MARGIN - 1, 1), (DAY - KEY_MARGIN, 0), (-60, 1), (-61, 0)],
)
def test_a_key_is_usable_until_shortly_before_the_site_forgets_it(call, clock, passed, usable):
    ledger = call()
    begin(ledger, "a", lifetime=DAY)
    ledger.claim(1)
    clock.now += passed
    later = call()
    assert begin(later, "a", lifetime=DAY) == usable
    assert later.repeatable() == usable
    assert len(later.claim(1)) == usable


def test_a_shorter_lifetime_of_the_site_counts(call, clock):
    ledger = call()
    begin(ledger, "a", lifetime=30 * DAY)
    ledger.claim(1)
    clock.now += DAY
    assert begin(call(), "a", lifetime=DAY) == 0
    assert begin(call(), "a", lifetime=3 * DAY) == 1


@pytest.mark.parametrize("lifetime", [1, KEY_MARGIN])
def test_a_lifetime_shorter_than_the_margin_is_ignored(ledger, lifetime):
    begin(ledger, "a", lifetime=lifetime)
    (claim,) = ledger.claim(1)
    assert not claim.repeatable


def test_the_lifetime_of_a_key_counts_from_its_first_use(call, clock):
    ledger = call()
    begin(ledger, "a", lifetime=DAY)
    ledger.claim(1)
    clock.now += DAY // 2
    later = call()
    begin(later, "a", lifetime=DAY)
    later.claim(1)
    clock.now += DAY // 2
    assert begin(call(), "a", lifetime=DAY) == 0


def test_a_shorter_lifetime_counts_from_the_first_use_too(call, clock):
    for _ in range(2):
        ledger = call()
        begin(ledger, "a", lifetime=30 * DAY)
        assert len(ledger.claim(1)) == 1
        clock.now += DAY * 3 // 4
    assert begin(call(), "a", lifetime=DAY) == 0
    assert begin(call(), "a", lifetime=2 * DAY) == 1


def test_a_key_that_expires_during_the_run_is_not_used_again(ledger, clock):
    begin(ledger, "a", lifetime=DAY)
    ledger.claim(1)
    ledger.record([outcome("a", Verdict.UNKNOWN, again=True)])
    clock.now += DAY
    assert ledger.claim(1) == []


def test_doubtful_members_come_last_in_the_order_of_their_outcomes(ledger, clock):
    begin(ledger, "abcd", lifetime=DAY)
    for member in reversed(ids(ledger.claim(2))):
        clock.now += 1
        ledger.record([outcome(member, Verdict.UNKNOWN, again=True)])
    assert ids(ledger.claim(9)) == ["c", "d", "b", "a"]


def test_a_member_who_was_certainly_not_mailed_is_not_doubtful(ledger):
    begin(ledger, "a", lifetime=DAY)
    ledger.claim(1)
    ledger.record([outcome("a", Verdict.WAITING, "busy", again=True)])
    (claim,) = ledger.claim(1)
    assert not claim.doubtful


def test_a_refused_call_has_not_used_its_key(call, clock):
    ledger = call()
    begin(ledger, ["a"], lifetime=9 * 3600)
    ledger.claim(1)
    clock.now += 4 * 3600
    refused = outcome("a", Verdict.WAITING, again=True)
    ledger.claim(1, [refused])
    ledger.record([outcome("a", Verdict.UNKNOWN, again=True)])
    clock.now += 4 * 3600
    later = call()
    assert begin(later, ["a"], lifetime=9 * 3600) == 1

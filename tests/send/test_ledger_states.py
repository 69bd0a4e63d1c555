# SPDX-License-Identifier: MIT
"""A state machine: any order of operations mails nobody twice and forgets nobody."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gs.profile.status.hooks import Period
from gs.profile.status.send.errors import NotListedError
from gs.profile.status.send.ledger import queue, runs
from gs.profile.status.send.ledger.connection import open_ledger
from gs.profile.status.send.run.model import (
    KEY_MARGIN,
    NO_LONGER_LISTED,
    MemberId,
    Outcome,
    Selection,
    Verdict,
    usable_lifetime,
)

from .fakes import Clock
from .memory_ledger import MemoryLedger

EVERYBODY = ["a", "a\0", "b", "ë"]
FINAL = (Verdict.SENT, Verdict.SKIPPED)
HOUR = 3600

some = st.frozensets(st.sampled_from(list(map(MemberId, EVERYBODY))), min_size=1)
lists = st.lists(st.sampled_from(EVERYBODY), min_size=1, max_size=9)
#: For how many seconds the site remembers keys, which may change.
lifetimes = st.sampled_from([0, HOUR, 5 * HOUR, 9 * HOUR, 9 * HOUR, 9 * HOUR])
times = st.sampled_from([0, 0, 4 * HOUR, 8 * HOUR])
#: What the site does with a call, what it returns, and whether before the next call.
ends = st.tuples(
    st.sampled_from([Verdict.SENT, Verdict.SKIPPED, Verdict.FAILED, Verdict.FAILED, None, None]),
    st.sampled_from(["answer or refusal", "nothing"]),
    st.booleans(),
)


@dataclass
class InMemory:
    """Opens ledgers in memory, which share their rows."""

    clock: Clock

    def __post_init__(self):
        self.rows = {}

    def open(self):
        return MemoryLedger(self.clock, self.rows)

    def close(self):
        pass


@dataclass
class InFile:
    """Opens ledgers in a file; a crash drops the connection."""

    clock: Clock

    def __post_init__(self):
        memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # disks are slow
        self.folder = tempfile.TemporaryDirectory(prefix="ledger-", dir=memory)
        self.file = None

    def open(self):
        if self.file:
            self.file.close()
        self.file = open_ledger(Path(self.folder.name) / "ledger.sqlite3")
        opened = runs.open_run(self.file, "example.com", Period(2026, 10), self.clock, again=False)
        return opened.ledger

    def close(self):
        self.file.close()
        self.folder.cleanup()


@dataclass
class Flight:
    """A call in flight: its claim, what the site did, and what it returns."""

    repeatable: bool
    doubtful: bool
    done: Verdict | None
    back: str

    def outcome(self, member):
        """Return the outcome, as the judge would."""
        if self.done and self.back != "nothing":
            return Outcome(member, self.done, "", "", 0)
        if self.back == "nothing":
            return Outcome(member, Verdict.UNKNOWN, "no answer", "", again=self.repeatable)
        verdict = Verdict.UNKNOWN if self.doubtful else Verdict.WAITING
        return Outcome(member, verdict, "busy", "", again=True)


class Promise(RuleBasedStateMachine):
    """Invocations of the program, one after the other, and a site that mails."""

    ledgers = InMemory

    def __init__(self):
        super().__init__()
        self.clock, self.lifetime = Clock(), 0
        self.ledgers = self.ledgers(self.clock)
        self.ledger = self.ledgers.open()
        self.listed, self.known, self.queued = set(), set(), frozenset()
        self.flights = {}
        # The ledger: who has a final verdict, who may have been mailed, the first use of each key.
        self.final, self.doubted, self.keyed = {}, set(), {}
        # The site: how often it mailed whom, and what it remembers. The operator: the resends.
        self.mails, self.remembered = dict.fromkeys(EVERYBODY, 0), {}
        self.resends, self.resent = False, dict.fromkeys(EVERYBODY, 0)

    def teardown(self):
        self.an_invocation_without_faults(Selection())
        for member in self.listed - self.doubted:
            assert self.verdict(member) in FINAL, f"{member} waits for ever"
        self.an_invocation_without_faults(Selection(resend_unknown=True))
        for member in self.listed:
            skipped = self.final[member] is Verdict.SKIPPED
            assert skipped or self.mails[member], f"{member} is forgotten"
        self.ledgers.close()

    @initialize(members=lists, lifetime=lifetimes)
    def begin(self, members, lifetime):
        self.call(members, Selection(), lifetime)

    @rule(only=st.none() | some, resend=st.booleans(), lifetime=lifetimes, seconds=times)
    def another_invocation(self, only, resend, lifetime, seconds):
        self.crash()
        self.clock.now += seconds
        self.call(self.listed, Selection(only, resend), lifetime)

    @rule(members=lists, broken=lists)
    def another_invocation_with_an_incomplete_list_first(self, members, broken):
        def incomplete():
            yield from broken
            raise ConnectionError

        self.crash()
        self.ledger.recover()
        before = self.ledger.tally()
        with pytest.raises(ConnectionError):
            self.ledger.enrol(incomplete())
        assert self.ledger.tally() == before
        self.call(members, Selection(), self.lifetime)

    @precondition(lambda self: self.queued)
    @rule(limit=st.integers(1, 4), how=st.lists(ends, min_size=4, max_size=4))
    def claim(self, limit, how):
        claims = self.ledger.claim(limit)
        assert len({claim.member for claim in claims}) == len(claims) <= limit
        if len(claims) < limit:
            assert not [m for m in self.queued if self.verdict(m) is Verdict.WAITING]
        for claim, end in zip(claims, how, strict=False):
            self.take(claim, *end)

    @precondition(lambda self: self.flights)
    @rule(data=st.data())
    def record_late(self, data):
        self.record(data.draw(st.sampled_from(sorted(self.flights))))

    @precondition(lambda self: self.flights and self.queued)
    @rule(data=st.data(), end=ends)
    def record_and_claim_in_one_change(self, data, end):
        member = data.draw(st.sampled_from(sorted(self.flights)))
        outcome = self.flights.pop(member).outcome(member)
        claims = self.ledger.claim(1, [outcome])
        self.note(outcome)
        for claim in claims:
            self.take(claim, *end)

    def crash(self):
        self.ledger, self.queued = self.ledgers.open(), frozenset()
        self.doubted |= set(self.flights)
        self.flights.clear()

    @rule(hours=st.sampled_from([4, 4, 8]))
    def time_passes(self, hours):
        self.clock.now += hours * HOUR

    @invariant()
    def nobody_is_mailed_twice_unless_the_operator_resends(self):
        for member, mails in self.mails.items():
            assert mails <= 1 + self.resent[member], member

    @invariant()
    def final_verdicts_stay_and_doubtful_ones_are_unknown(self):
        for member in self.known:
            verdict = self.verdict(member)
            assert verdict is self.final.get(member, verdict)
            in_doubt = member in self.doubted and member not in self.flights
            assert not in_doubt or verdict in (Verdict.UNKNOWN, Verdict.SENDING)

    @invariant()
    def the_tally_adds_up(self):
        tally = self.ledger.tally()
        assert tally.total == len(self.known)
        unresolved = list(self.ledger.unresolved())
        assert len(unresolved) == tally.of(Verdict.FAILED) + tally.of(Verdict.UNKNOWN)
        assert self.ledger.repeatable() <= len(self.doubted | set(self.flights))
        assert not self.queued or tally.of(Verdict.SENDING) == len(self.flights)

    def call(self, members, selection, lifetime):
        self.ledger.recover()
        self.ledger.enrol(members)
        self.listed, self.lifetime = set(members), lifetime
        self.known |= self.listed
        for member in self.known - self.listed:
            assert self.verdict(member) in (None, Verdict.UNKNOWN, *FINAL)
        selected = self.listed if selection.only is None else selection.only & self.listed
        resent = selected & self.doubted if selection.resend_unknown else set()
        repeatable = {member for member in selected & self.doubted if self.is_remembered(member)}
        try:
            count = self.ledger.queue(selection, lifetime)
        except NotListedError:
            assert selection.only - self.listed
            return
        assert count == len(selected - set(self.final) - self.doubted | repeatable | resent)
        self.queued, self.resends = frozenset(selected), selection.resend_unknown

    def an_invocation_without_faults(self, selection):
        self.crash()
        self.call(sorted(self.listed), selection, self.lifetime)
        while claims := self.ledger.claim(2):
            for claim in claims:
                done = self.site_does(claim.member, Verdict.SENT)
                self.record_outcome(Outcome(claim.member, done, "", "", 0))

    def take(self, claim, result, back, soon):
        self.check(claim)
        done = self.site_does(claim.member, result)
        self.flights[claim.member] = Flight(claim.repeatable, claim.doubtful, done, back)
        if soon:
            self.record(claim.member)

    def record(self, member):
        self.record_outcome(self.flights.pop(member).outcome(member))

    def record_outcome(self, outcome):
        self.ledger.record([outcome])
        self.note(outcome)

    def note(self, outcome):
        if outcome.verdict in FINAL:
            self.final[outcome.member] = outcome.verdict
        if outcome.verdict is Verdict.UNKNOWN:
            self.doubted.add(outcome.member)
        elif outcome.status is not None:
            self.doubted.discard(outcome.member)

    def check(self, claim):
        member = claim.member
        assert member in self.queued
        assert member not in self.flights
        assert claim.repeatable == bool(usable_lifetime(self.lifetime))
        assert claim.doubtful == (member in self.doubted)
        if claim.doubtful and self.is_remembered(member):
            return
        assert not claim.doubtful or self.resends
        self.resent[member] += claim.doubtful
        self.keyed[member] = self.clock.now, usable_lifetime(self.lifetime)

    def is_remembered(self, member):
        since, lifetime = self.keyed[member]
        return self.clock.now - since < min(lifetime, self.lifetime) - KEY_MARGIN

    def site_does(self, member, result):
        """Let the site do *result* for *member*, and return its answer."""
        done, since = self.remembered.get(member, (None, -1e9))
        if result is None or self.clock.now - since < self.lifetime:
            return result and done
        self.mails[member] += result is Verdict.SENT
        if self.lifetime and result in FINAL:
            self.remembered[member] = result, self.clock.now
        return result

    def verdict(self, member):
        tally = self.ledger.tally(frozenset({member}))
        left = tally.reasons(Verdict.SKIPPED) == [(NO_LONGER_LISTED, 1)]
        return None if left else next((verdict for verdict in Verdict if tally.of(verdict)), None)


class PromiseOfAFile(Promise):
    ledgers = InFile


@pytest.mark.parametrize(
    ("machine", "examples", "ahead"),
    [(Promise, 120, 1000), (PromiseOfAFile, 40, 1000), (PromiseOfAFile, 40, 2)],
)
def test_any_order_of_operations_mails_nobody_twice_and_forgets_nobody(
    machine, examples, ahead, monkeypatch
):
    # So few rows that ranges of the table are claimed, as with thousands of members.
    monkeypatch.setattr(queue, "_AHEAD", ahead)
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=examples, stateful_step_count=50, deadline=None),
    )

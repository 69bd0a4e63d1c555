# SPDX-License-Identifier: MIT
"""A commit that gets no answer: what was begun by it is neither forgotten nor mailed twice."""

import asyncio
import time
from dataclasses import dataclass, field

import pytest
from sqlalchemy import text

from embedded.database import only
from embedded.parts import MARCH, NOW, decider
from gs.profile.status.hooks import HookReply
from gs.profile.status.site.delivery import Delivered
from gs.profile.status.site.dispatch import Processor
from gs.profile.status.site.dispatch.call import SendCall
from gs.profile.status.site.dispatch.outcome import outcome_of
from gs.profile.status.site.dispatch.processor import UnsentKeys
from gs.profile.status.site.logs import Log
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.calls import IdempotencyKey
from gs.profile.status.site.store.database import open_database
from gs.profile.status.site.store.workers import WorkerLease
from servers.commit_relay import relay

_NEVER = """
CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$
"""
_REFUSE = """
CREATE TRIGGER refuse BEFORE INSERT ON audit_event FOR EACH ROW
WHEN (NEW.event_code = '1') EXECUTE FUNCTION never()
"""
ANN = ("ann", MARCH, IdempotencyKey("k", "f"))
BOB = ("bob", MARCH, IdempotencyKey("b", "f"))


class Unasked:
    """A mail server, which cannot be asked; its letters are handed over by the test."""

    jobs = 1

    def was_delivered(self, key):  # noqa: ARG002 - the port's
        return None


def deliver(call, moment):
    """Deliver the mail of a call at that moment."""
    call.outcome = outcome_of(Delivered(), call.user_id, call.decision)
    call.delivered_at = moment
    return call


@dataclass
class Office:
    """A processor whose database is reached by a relay; the test calls it step by step."""

    processor: Processor
    lease: WorkerLease
    line: object
    town: object
    mailed: list = field(default_factory=list)

    def process(self, *forms, delivered=()):
        """Process calls that come together; return their answers, and what is to be delivered."""
        loop = asyncio.new_event_loop()
        calls = [SendCall(*form, loop=loop) for form in forms]
        batch = self.processor.process(calls, delivered, 4)
        loop.close()
        answers = {
            call.user_id: answer.status if isinstance(answer, HookReply) else answer.label
            for call, answer in batch.answers
        }
        return answers, batch.deliveries

    def send(self, *forms):
        """Do as the dispatcher does: deliver what is begun, and record it."""
        answers, calls = self.process(*forms)
        self.mailed += [call.user_id for call in calls]
        for call in calls:
            deliver(call, time.monotonic())
        return answers | (self.process(delivered=calls)[0] if calls else {})

    def refuse_events(self):
        """Let no notification be recorded as sent, for a reason that does not pass."""
        with self.town.engine.begin() as connection:
            connection.execute(text(_NEVER))
            connection.execute(text(_REFUSE))


@pytest.fixture
def office(town, database):
    """Give the office of a town with two to notify."""
    for user_id in ("ann", "bob"):
        town.person(user_id, "g", name=user_id.title())
    town.post("ann", "2026-03-05")
    with relay(database) as line:
        engine = open_database(line.url(database))
        lease = WorkerLease(engine)
        processor = Processor(engine, decider(), Unasked(), lease, lambda: NOW, Log())
        yield Office(processor, lease, line, town)
        lease.close()
        engine.dispose()


def lose_the_beginning(office, *notices):
    """Have the commit lost that says that these are begun."""
    office.line.lose = 1
    told = office.send(*notices)
    assert told == {form[0]: "deferred" for form in notices}
    assert office.line.lost == 1
    assert office.mailed == []


@only("postgresql")
@pytest.mark.parametrize("renewed", [False, True])
def test_a_lost_commit_is_deferred_and_mailed_by_the_next_call(office, renewed):
    lose_the_beginning(office, ANN)
    (row,) = office.town.rows(tables.IDEMPOTENCY_KEY)
    assert (row.worker, row.finished) == (office.lease.worker, None)
    assert row.handing is not None
    if renewed:
        office.lease.renew()
    assert office.send(ANN) == {"ann": 0}
    assert office.send(ANN) == {"ann": 0}
    assert office.mailed == ["ann"]
    assert [row.event_code for row in office.town.rows(tables.AUDIT_EVENT)] == ["1"]


@only("postgresql")
def test_repeated_lost_commits_do_not_lose_the_member(office):
    for lost in range(1, 4):
        office.line.lose = 1
        assert office.send(ANN) == {"ann": "deferred"}
        assert office.line.lost == lost
    assert office.send(ANN) == {"ann": 0}
    assert office.mailed == ["ann"]


@only("postgresql")
def test_a_member_who_opts_out_after_a_lost_commit_gets_no_mail(office):
    lose_the_beginning(office, ANN)
    office.town.insert(tables.PROFILE_NOTIFICATION_SKIP, user_id="ann")
    assert [office.send(ANN), office.send(ANN)] == [{"ann": -32}] * 2
    assert office.mailed == []


@only("postgresql")
def test_a_mail_sent_after_a_lost_commit_is_never_an_unsent_key(office):
    lose_the_beginning(office, ANN)
    office.refuse_events()
    # It is handed over, and that cannot be written down.
    assert office.send(ANN) == {"ann": "in_doubt"}
    assert [office.send(ANN) for _ in range(2)] == [{"ann": "in_doubt"}] * 2
    assert office.mailed == ["ann"]


@only("postgresql")
def test_a_doubt_stays_a_doubt_after_a_lost_commit(office):
    office.refuse_events()
    assert office.send(ANN) == {"ann": "in_doubt"}
    office.line.lose = 1
    assert office.send(ANN, BOB) == {"ann": "deferred", "bob": "deferred"}
    assert office.line.lost == 1
    assert office.send(ANN) == {"ann": "in_doubt"}
    assert office.mailed == ["ann"]


@only("postgresql")
def test_a_late_record_that_always_fails_blocks_no_other_call(office):
    (call,) = office.process(ANN)[1]
    office.line.lose = 1
    late = deliver(call, time.monotonic() - 30)
    assert office.process(delivered=[late])[0] == {"ann": "in_doubt"}
    office.refuse_events()
    assert office.processor.behind
    office.process()
    assert not office.processor.behind
    # The commit was durable after all.
    assert office.process(ANN)[0] == {"ann": 0}


def test_the_oldest_unsent_keys_are_dropped_over_the_limit():
    kept = UnsentKeys(most=2)
    kept.add("a", "w")
    kept.add("bac", "w")
    assert [kept.has(key, "w") for key in "abc"] == [True, False, True]
    assert not kept.has("a", "other")
    kept.remove("a")
    assert not kept.has("a", "w")

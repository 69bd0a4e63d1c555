# SPDX-License-Identifier: MIT
"""A commit whose result is unknown: its calls are neither lost nor mailed twice."""

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
from gs.profile.status.site.dispatch.call import SendCall, outcome_of
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


class SilentMailer:
    """A mail server without a record of deliveries; the test delivers the mails itself."""

    jobs = 1

    def was_delivered(self, key):  # noqa: ARG002 - the port's
        return None


def deliver(call, moment):
    """Record a delivery of the call at *moment*."""
    call.outcome = outcome_of(Delivered(), call.user_id, call.decision)
    call.delivered_at = moment
    return call


@dataclass
class Service:
    """A processor that reaches its database through a relay; the test calls it step by step."""

    processor: Processor
    lease: WorkerLease
    relay: object
    db: object
    mailed: list = field(default_factory=list)

    def process(self, *forms, delivered=()):
        """Process simultaneous calls; return the answers and the deliveries to make."""
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
        """Process, deliver and record, as the dispatcher does."""
        answers, calls = self.process(*forms)
        self.mailed += [call.user_id for call in calls]
        for call in calls:
            deliver(call, time.monotonic())
        return answers | (self.process(delivered=calls)[0] if calls else {})

    def refuse_events(self):
        """Make each record of a sent notification fail permanently."""
        with self.db.engine.begin() as connection:
            connection.execute(text(_NEVER))
            connection.execute(text(_REFUSE))


@pytest.fixture
def service(db, database):
    """Yield the service of a site with two members to notify."""
    for user_id in ("ann", "bob"):
        db.add_person(user_id, "g", name=user_id.title())
    db.add_post("ann", "2026-03-05")
    with relay(database) as commits:
        engine = open_database(commits.url(database))
        lease = WorkerLease(engine)
        processor = Processor(engine, decider(), SilentMailer(), lease, lambda: NOW, Log())
        yield Service(processor, lease, commits, db)
        lease.close()
        engine.dispose()


def lose_the_first_commit(service, *forms):
    """Lose the answer to the commit that begins *forms*."""
    service.relay.lose = 1
    answers = service.send(*forms)
    assert answers == {form[0]: "deferred" for form in forms}
    assert service.relay.lost == 1
    assert service.mailed == []


@only("postgresql")
@pytest.mark.parametrize("renewed", [False, True])
def test_a_lost_commit_is_deferred_and_mailed_by_the_next_call(service, renewed):
    lose_the_first_commit(service, ANN)
    (row,) = service.db.rows(tables.IDEMPOTENCY_KEY)
    assert (row.worker, row.finished) == (service.lease.worker, None)
    assert row.handing is not None
    if renewed:
        service.lease.renew()
    assert service.send(ANN) == {"ann": 0}
    assert service.send(ANN) == {"ann": 0}
    assert service.mailed == ["ann"]
    assert [row.event_code for row in service.db.rows(tables.AUDIT_EVENT)] == ["1"]


@only("postgresql")
def test_repeated_lost_commits_do_not_lose_the_member(service):
    for lost in range(1, 4):
        service.relay.lose = 1
        assert service.send(ANN) == {"ann": "deferred"}
        assert service.relay.lost == lost
    assert service.send(ANN) == {"ann": 0}
    assert service.mailed == ["ann"]


@only("postgresql")
def test_a_member_who_opts_out_after_a_lost_commit_gets_no_mail(service):
    lose_the_first_commit(service, ANN)
    service.db.insert(tables.PROFILE_NOTIFICATION_SKIP, user_id="ann")
    assert [service.send(ANN), service.send(ANN)] == [{"ann": -32}] * 2
    assert service.mailed == []


@only("postgresql")
def test_a_mail_sent_after_a_lost_commit_is_never_an_unsent_key(service):
    lose_the_first_commit(service, ANN)
    service.refuse_events()
    # The mail is sent, and the record fails.
    assert service.send(ANN) == {"ann": "in_doubt"}
    assert [service.send(ANN) for _ in range(2)] == [{"ann": "in_doubt"}] * 2
    assert service.mailed == ["ann"]


@only("postgresql")
def test_a_doubt_stays_a_doubt_after_a_lost_commit(service):
    service.refuse_events()
    assert service.send(ANN) == {"ann": "in_doubt"}
    service.relay.lose = 1
    assert service.send(ANN, BOB) == {"ann": "deferred", "bob": "deferred"}
    assert service.relay.lost == 1
    assert service.send(ANN) == {"ann": "in_doubt"}
    assert service.mailed == ["ann"]


@only("postgresql")
def test_a_late_record_that_always_fails_blocks_no_other_call(service):
    (call,) = service.process(ANN)[1]
    service.relay.lose = 1
    late = deliver(call, time.monotonic() - 30)
    assert service.process(delivered=[late])[0] == {"ann": "in_doubt"}
    service.refuse_events()
    assert service.processor.behind
    service.process()
    assert not service.processor.behind
    # The commit was durable.
    assert service.process(ANN)[0] == {"ann": 0}


def test_the_oldest_unsent_keys_are_dropped_over_the_limit():
    kept = UnsentKeys(most=2)
    kept.add("a", "w")
    kept.add("bac", "w")
    assert [kept.has(key, "w") for key in "abc"] == [True, False, True]
    assert not kept.has("a", "other")
    kept.remove("a")
    assert not kept.has("a", "w")

# SPDX-License-Identifier: MIT
"""A commit that gets no answer: what was begun by it is neither forgotten nor mailed twice."""

import asyncio
import time
from dataclasses import dataclass, field

import pytest
from sqlalchemy import text

from embedded.hamlet import only
from embedded.parts import MARCH, NOW, decider
from gs.profile.status.hooks import HookReply
from gs.profile.status.site.delivery import DoubtError
from gs.profile.status.site.dispatch import InDoubtError, NotNotifiedError, Processor, SendRequest
from gs.profile.status.site.dispatch.call import DeliveryEnd, PendingCall
from gs.profile.status.site.dispatch.processor import UnsentKeys
from gs.profile.status.site.logs import Log
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.calls import Call, KnownCall
from gs.profile.status.site.store.database import open_database
from gs.profile.status.site.store.workers import WorkerLease
from servers.lost_commits import relay

_NEVER = """
CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$
"""
_REFUSE = """
CREATE TRIGGER refuse BEFORE INSERT ON audit_event FOR EACH ROW
WHEN (NEW.event_code = '1') EXECUTE FUNCTION never()
"""
ANN = SendRequest("ann", MARCH, Call("k", "f"))
BOB = SendRequest("bob", MARCH, Call("b", "f"))


class Unasked:
    """A mail server, which cannot be asked; its letters are handed over by the test."""

    jobs = 1

    def has_taken(self, key):
        raise DoubtError(key)


@dataclass
class Office:
    """A desk whose database is reached by a relay, and that is worked at step by step."""

    desk: Processor
    presence: WorkerLease
    line: object
    town: object
    mailed: list = field(default_factory=list)

    def work(self, *notices, ended=()):
        """Work on calls that come together; return what they are told, and what is begun."""
        loop = asyncio.new_event_loop()
        tasks = [PendingCall(notice, loop, loop.create_future()) for notice in notices]
        done = self.desk.work(tasks, ended, 4)
        loop.close()
        told = {task.notice.user_id: answer for task, answer in done.answers}
        kinds = {
            user_id: answer.status if isinstance(answer, HookReply) else type(answer)
            for user_id, answer in told.items()
        }
        return kinds, done.letters

    def notify(self, *notices):
        """Do as the dispatcher does: hand over what is begun, and record it."""
        told, letters = self.work(*notices)
        self.mailed += [one.task.notice.user_id for one in letters]
        ended = [DeliveryEnd(one, (), time.monotonic()) for one in letters]
        return told | (self.work(ended=ended)[0] if ended else {})

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
        presence = WorkerLease(engine)
        desk = Processor(engine, decider(), Unasked(), presence, lambda: NOW, Log())
        yield Office(desk, presence, line, town)
        presence.close()
        engine.dispose()


def lose_the_beginning(office, *notices):
    """Have the commit lost that says that these are begun."""
    office.line.lose = 1
    told = office.notify(*notices)
    assert told == {notice.user_id: NotNotifiedError for notice in notices}
    assert office.line.lost == 1
    assert office.mailed == []


@only("postgresql")
@pytest.mark.parametrize("renewed", [False, True])
def test_who_is_told_that_nobody_was_mailed_is_mailed_by_the_next_call(office, renewed):
    lose_the_beginning(office, ANN)
    (row,) = office.town.rows(tables.IDEMPOTENCY_KEY)
    assert (row.worker, row.finished) == (office.presence.worker, None)
    assert row.handing is not None
    if renewed:
        office.presence.renew()
    assert office.notify(ANN) == {"ann": 0}
    assert office.notify(ANN) == {"ann": 0}
    assert office.mailed == ["ann"]
    assert [row.event_code for row in office.town.rows(tables.AUDIT_EVENT)] == ["1"]


@only("postgresql")
def test_an_answer_that_is_lost_again_and_again_forgets_nobody(office):
    for lost in range(1, 4):
        office.line.lose = 1
        assert office.notify(ANN) == {"ann": NotNotifiedError}
        assert office.line.lost == lost
    assert office.notify(ANN) == {"ann": 0}
    assert office.mailed == ["ann"]


@only("postgresql")
def test_who_opts_out_in_between_gets_no_mail(office):
    lose_the_beginning(office, ANN)
    office.town.insert(tables.PROFILE_NOTIFICATION_SKIP, user_id="ann")
    assert [office.notify(ANN), office.notify(ANN)] == [{"ann": -32}] * 2
    assert office.mailed == []


@only("postgresql")
def test_what_has_left_in_the_end_is_never_taken_for_kept_back(office):
    lose_the_beginning(office, ANN)
    office.refuse_events()
    # It is handed over, and that cannot be written down.
    assert office.notify(ANN) == {"ann": InDoubtError}
    assert [office.notify(ANN) for _ in range(2)] == [{"ann": InDoubtError}] * 2
    assert office.mailed == ["ann"]


@only("postgresql")
def test_who_was_in_doubt_before_stays_so_whatever_is_lost(office):
    office.refuse_events()
    assert office.notify(ANN) == {"ann": InDoubtError}
    office.line.lose = 1
    assert office.notify(ANN, BOB) == {"ann": NotNotifiedError, "bob": NotNotifiedError}
    assert office.line.lost == 1
    assert office.notify(ANN) == {"ann": InDoubtError}
    assert office.mailed == ["ann"]


@only("postgresql")
def test_a_record_that_was_late_and_then_never_works_is_in_nobody_s_way(office):
    (letter,) = office.work(ANN)[1]
    office.line.lose = 1
    late = DeliveryEnd(letter, (), time.monotonic() - 30)
    assert office.work(ended=[late])[0] == {"ann": InDoubtError}
    office.refuse_events()
    assert office.desk.behind
    office.work()
    assert not office.desk.behind
    # The commit was durable after all.
    assert office.work(ANN)[0] == {"ann": 0}


def test_of_many_the_oldest_are_in_doubt():
    kept = UnsentKeys(most=2)
    kept.add("a", "w")
    kept.add("bac", "w")

    def known(worker):
        return KnownCall("f", "u", MARCH, worker, NOW, None, None, HookReply(0, ""))

    assert [kept.has(key, known("w")) for key in "abc"] == [True, False, True]
    assert not kept.has("a", known("other"))
    kept.forget("a")
    assert not kept.has("a", known("w"))

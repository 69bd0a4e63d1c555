# SPDX-License-Identifier: MIT
"""Calls that have a key: begun by one worker, finished, released, abandoned, in doubt."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gs.profile.status.hooks import HookReply, Period, Status
from gs.profile.status.site.store.audit import count_events
from gs.profile.status.site.store.calls import (
    CallRecord,
    Doubt,
    IdempotencyKey,
    abandon_calls,
    find_calls,
    find_doubts,
    finish_calls,
    release_calls,
    resolve_doubt,
)
from gs.profile.status.site.store.calls import begin_calls as begin_records
from gs.profile.status.site.store.tables import AUDIT_EVENT
from limits import LIMIT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
MARCH = Period(2026, 3)
SENT = HookReply(Status.SENT, "Sent to Zoë")
SKIPPED = HookReply(Status.OPTED_OUT, "Skipping Zoë")


def begun(key="k", worker="1", *, abandoned_by=None, moment=NOON, form="form", **other):
    """Return a call that *worker* begins, and the dead worker from which it takes it over."""
    values = {"message_id": "<m@x>", "reply": SENT, **other}
    record = CallRecord(
        IdempotencyKey(key, form), "zoë", MARCH, worker=worker, handing=moment, **values
    )
    return record, abandoned_by


def begin_calls(connection, calls):
    dead = {record.key.value: worker for record, worker in calls if worker is not None}
    return begin_records(connection, [record for record, _ in calls], dead)


def finished(key="k", reply=SENT, moment=LATER, worker="1"):
    record = CallRecord(IdempotencyKey(key, "form"), "zoë", MARCH, reply, finished=moment)
    return record if worker is None else replace(record, worker=worker, handing=moment)


def skipped(key="k", moment=LATER, reply=SKIPPED, worker=None):
    return finished(key, reply, moment, worker)


def stored(connection, key="k"):
    return find_calls(connection, [key])[key]


@pytest.fixture
def connection(db):
    with db.engine.connect() as made:
        yield made


def test_a_begun_call_is_stored_with_all_fields_of_a_doubt(connection):
    assert begin_calls(connection, [begun("a"), begun("b", message_id=None)]) == {
        "a",
        "b",
    }
    known = CallRecord(IdempotencyKey("a", "form"), "zoë", MARCH, SENT, "1", NOON, None, "<m@x>")
    assert find_calls(connection, ["a", "b", "c"]) == {
        "a": known,
        "b": replace(known, key=IdempotencyKey("b", "form"), message_id=None),
    }
    assert known.abandoned_by == "1"


def test_an_empty_list_of_calls_does_nothing(connection):
    assert begin_calls(connection, []) == set()
    assert finish_calls(connection, []) == set()
    abandon_calls(connection, "1", [])
    release_calls(connection, "1", [])
    assert find_calls(connection, []) == {}


def test_a_call_is_begun_once(connection):
    assert begin_calls(connection, [begun(worker="1")]) == {"k"}
    assert begin_calls(connection, [begun("j", "2"), begun(worker="2")]) == {"j"}
    assert begin_calls(connection, [begun(worker="1")]) == set()
    assert find_calls(connection, ["k"])["k"].worker == "1"


def test_a_finished_call_cannot_begin_again(connection):
    assert finish_calls(connection, [skipped()]) == {"k"}
    for abandoned_by in (None, "1", ""):
        assert begin_calls(connection, [begun(abandoned_by=abandoned_by)]) == set()
    call = stored(connection)
    assert (call.finished, call.handing, call.reply) == (LATER, None, SKIPPED)
    assert call.abandoned_by is None


def test_a_begun_call_can_be_finished(connection):
    begin_calls(connection, [begun()])
    assert finish_calls(connection, [finished()]) == {"k"}
    call = stored(connection)
    assert (call.worker, call.handing, call.finished) == ("1", NOON, LATER)
    assert (call.message_id, call.reply, call.abandoned_by) == ("<m@x>", SENT, None)


def test_the_first_answer_is_kept(connection):
    finish_calls(connection, [skipped(moment=NOON)])
    for worker in (None, "", "1"):
        other = skipped(reply=HookReply(Status.NO_ACTIVITY, "Skipping"), worker=worker)
        assert finish_calls(connection, [other]) == set()
    assert (stored(connection).reply, stored(connection).finished) == (SKIPPED, NOON)


def test_a_sent_mail_replaces_an_earlier_answer(connection):
    begin_calls(connection, [begun()])
    finish_calls(connection, [skipped(moment=NOON, worker="1")])
    assert finish_calls(connection, [finished(reply=SENT)]) == {"k"}
    assert stored(connection).reply == SENT


def test_a_skip_does_not_change_a_call_in_progress(connection):
    begin_calls(connection, [begun("a"), begun("b"), begun("released")])
    release_calls(connection, "1", ["released"])
    skips = [skipped("a"), skipped("b", worker="2"), skipped("new"), skipped("released")]
    assert finish_calls(connection, skips) == {"new", "released"}
    for key in "ab":
        assert (stored(connection, key).finished, stored(connection, key).reply) == (None, SENT)
    assert stored(connection, "released").reply == SKIPPED


def test_a_refused_mail_is_finished_by_its_worker(connection):
    begin_calls(connection, [begun()])
    assert finish_calls(connection, [skipped(worker="1")]) == {"k"}
    assert stored(connection).reply == SKIPPED


def test_a_sent_mail_of_a_presumed_dead_worker_is_recorded(connection):
    begin_calls(connection, [begun(worker="2")])
    begin_calls(connection, [begun(worker="3", abandoned_by="2")])
    assert finish_calls(connection, [finished(worker="2")]) == {"k"}
    assert (stored(connection).finished, stored(connection).reply) == (LATER, SENT)


def test_an_abandoned_call_is_in_doubt_and_any_worker_can_take_it_over(connection):
    begin_calls(connection, [begun("j"), begun()])
    abandon_calls(connection, "1", ["k"])
    call = stored(connection)
    assert (call.worker, call.abandoned_by, call.handing, call.message_id) == (
        "",
        "",
        NOON,
        "<m@x>",
    )
    assert stored(connection, "j").worker == "1"
    assert begin_calls(connection, [begun(worker="2")]) == set()
    assert begin_calls(connection, [begun(worker="2", abandoned_by="1")]) == set()
    assert begin_calls(connection, [begun(worker="2", abandoned_by="")]) == {"k"}
    assert begin_calls(connection, [begun(worker="3", abandoned_by="")]) == set()
    assert stored(connection).worker == "2"


def test_an_abandoned_call_is_finished_if_its_mail_is_found(connection):
    begin_calls(connection, [begun()])
    abandon_calls(connection, "1", ["k"])
    assert finish_calls(connection, [skipped()]) == set()
    assert finish_calls(connection, [finished(worker="")]) == {"k"}


def test_a_worker_abandons_only_its_own_calls_in_progress(connection):
    begin_calls(connection, [begun("another's", "2"), begun("finished"), begun("released")])
    finish_calls(connection, [finished("finished")])
    release_calls(connection, "1", ["released"])
    abandon_calls(connection, "1", ["another's", "finished", "released"])
    results = [stored(connection, key).worker for key in ("another's", "finished", "released")]
    assert results == ["2", "1", "1"]


def test_a_released_call_can_be_begun_by_any_worker_with_the_same_form(
    connection,
):
    begin_calls(connection, [begun("j"), begun()])
    release_calls(connection, "1", ["k"])
    known = find_calls(connection, ["k"])["k"]
    assert (known.handing, known.finished, known.abandoned_by) == (None, None, None)
    assert begin_calls(connection, [begun(worker="2", form="another form")]) == set()
    again = begun(worker="2", moment=LATER, message_id="<n@x>", reply=SKIPPED)
    assert begin_calls(connection, [again]) == {"k"}
    known = find_calls(connection, ["k"])["k"]
    assert (known.worker, known.handing, known.message_id) == ("2", LATER, "<n@x>")
    assert (known.key.fingerprint, known.reply) == ("form", SKIPPED)
    assert begin_calls(connection, [begun("j", "2")]) == set()


def test_a_worker_releases_only_its_own_unfinished_calls(connection):
    begin_calls(connection, [begun("a"), begun("b")])
    finish_calls(connection, [finished("b")])
    release_calls(connection, "2", ["a"])
    release_calls(connection, "1", ["b"])
    known = find_calls(connection, ["a", "b"])
    assert [known[key].handing for key in "ab"] == [NOON, NOON]


def test_an_abandoned_call_is_taken_over_from_its_worker_only(connection):
    begin_calls(connection, [begun(worker="1")])
    assert begin_calls(connection, [begun(worker="3", abandoned_by="2")]) == set()
    assert begin_calls(connection, [begun(worker="3", abandoned_by="1")]) == {"k"}
    assert begin_calls(connection, [begun(worker="4", abandoned_by="1")]) == set()
    assert find_calls(connection, ["k"])["k"].worker == "3"


@pytest.mark.parametrize("abandoned_by", [None, "0"], ids=["new", "abandoned by a worker"])
def test_one_of_many_simultaneous_workers_begins_a_call(db, abandoned_by):
    keys = [f"key {number}" for number in range(20)]
    if abandoned_by:
        with db.engine.begin() as connection:
            begin_calls(connection, [begun(key, abandoned_by) for key in keys])
    ready = threading.Barrier(6)

    def begin(worker):
        # Each in another order: the transactions must not deadlock.
        calls = [
            begun(key, str(worker), abandoned_by=abandoned_by)
            for key in keys[worker:] + keys[:worker]
        ]
        ready.wait(LIMIT)
        with db.engine.begin() as connection:
            return begin_calls(connection, calls)

    with ThreadPoolExecutor(6) as threads:
        results = list(threads.map(begin, range(1, 7)))
    assert sorted(key for some in results for key in some) == sorted(keys)
    with db.engine.connect() as connection:
        known = find_calls(connection, keys)
    for worker, some in enumerate(results, 1):
        assert {key for key in keys if known[key].worker == str(worker)} == some


def test_a_doubt_is_a_begun_and_unfinished_call(connection):
    begin_calls(connection, [begun("late", moment=LATER), begun("b"), begun("a", "2")])
    begin_calls(connection, [begun("finished"), begun("released")])
    finish_calls(connection, [finished("finished"), skipped("never begun")])
    release_calls(connection, "1", ["released"])
    assert find_doubts(connection) == [
        Doubt("a", "zoë", MARCH, "2", NOON, "<m@x>"),
        Doubt("b", "zoë", MARCH, "1", NOON, "<m@x>"),
        Doubt("late", "zoë", MARCH, "1", LATER, "<m@x>"),
    ]


def test_a_doubt_resolved_as_sent_is_answered_and_audited(connection):
    begin_calls(connection, [begun()])
    [doubt] = find_doubts(connection)
    assert resolve_doubt(connection, doubt, LATER, sent=True)
    assert (stored(connection).finished, stored(connection).reply) == (LATER, SENT)
    assert not resolve_doubt(connection, doubt, LATER, sent=False)
    assert not resolve_doubt(connection, doubt, LATER, sent=True)
    assert find_doubts(connection) == []
    assert count_events(connection) == {"1": 1}
    [event] = connection.execute(AUDIT_EVENT.select())
    assert (event.instance_user_id, event.instance_datum) == ("zoë", "2026-03")
    assert event.event_date == LATER


def test_a_doubt_resolved_as_not_sent_can_begin_again(connection):
    begin_calls(connection, [begun()])
    [doubt] = find_doubts(connection)
    assert resolve_doubt(connection, doubt, LATER, sent=False)
    assert not resolve_doubt(connection, doubt, LATER, sent=True)
    assert count_events(connection) == {}
    assert begin_calls(connection, [begun(worker="2")]) == {"k"}


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("again", [{"worker": "2"}, {"moment": LATER}], ids=["worker", "moment"])
def test_a_doubt_taken_over_meanwhile_is_not_resolved(connection, sent, again):
    begin_calls(connection, [begun()])
    [doubt] = find_doubts(connection)
    begin_calls(connection, [begun(abandoned_by="1", **again)])
    before = find_doubts(connection)
    assert not resolve_doubt(connection, doubt, LATER, sent=sent)
    assert find_doubts(connection) == before != [doubt]
    assert count_events(connection) == {}


def test_many_calls_take_few_statements(db):
    keys = [f"key {number}" for number in range(1_000)]
    with db.engine.begin() as connection, db.queries() as results:
        assert begin_calls(connection, [begun(key) for key in keys]) == set(keys)
        finish_calls(connection, [finished(key) for key in keys])
        assert find_calls(connection, keys).keys() == set(keys)
    assert len(results) <= 10

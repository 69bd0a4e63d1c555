# SPDX-License-Identifier: MIT
"""Calls that have a key: begun by one, finished, taken back, left, in doubt."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gs.profile.status.hooks import Period, Reply, Status
from gs.profile.status.site.store.calls import (
    Begun,
    Call,
    Finished,
    Known,
    begin_calls,
    find_calls,
    finish_calls,
    take_back_calls,
)
from gs.profile.status.site.store.doubts import Doubt, find_doubts, settle_doubt

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
MARCH = Period(2026, 3)
SENT = Reply(Status.SENT, "Sent to Zoë")
SKIPPED = Reply(Status.OPTED_OUT, "Skipping Zoë")


def begun(key="k", worker="1", **other):
    told = {"message_id": "<m@x>", "reply": SENT, "moment": NOON, **other}
    return Begun(Call(key, "form"), "zoë", MARCH, worker=worker, **told)


def finished(key="k", reply=SENT, moment=LATER):
    return Finished(Call(key, "form"), "zoë", MARCH, moment, reply)


@pytest.fixture
def connection(town):
    with town.engine.connect() as made:
        yield made


def test_a_call_that_is_begun_is_known_with_all_that_settles_a_doubt(connection):
    assert begin_calls(connection, [begun("a"), begun("b", message_id=None)]) == {
        "a",
        "b",
    }
    known = Known("form", "zoë", MARCH, "1", NOON, None, "<m@x>", SENT)
    assert find_calls(connection, ["a", "b", "c"]) == {
        "a": known,
        "b": replace(known, message_id=None),
    }
    assert known.left_by == "1"


def test_nothing_is_begun_finished_or_known_of_no_calls(connection):
    assert begin_calls(connection, []) == set()
    finish_calls(connection, [])
    take_back_calls(connection, "1", [])
    assert find_calls(connection, []) == {}


def test_a_call_is_begun_once(connection):
    assert begin_calls(connection, [begun(worker="1")]) == {"k"}
    assert begin_calls(connection, [begun("j", "2"), begun(worker="2")]) == {"j"}
    assert begin_calls(connection, [begun(worker="1")]) == set()
    assert find_calls(connection, ["k"])["k"].worker == "1"


def test_a_call_that_is_finished_is_not_begun(connection):
    finish_calls(connection, [finished(reply=SKIPPED)])
    assert begin_calls(connection, [begun(), begun(left_by="1"), begun(left_by="")][:1]) == set()
    assert begin_calls(connection, [begun(left_by="1")]) == set()
    known = find_calls(connection, ["k"])["k"]
    assert (known.finished, known.handing, known.reply) == (LATER, None, SKIPPED)
    assert known.left_by is None


def test_a_call_that_was_begun_is_finished(connection):
    begin_calls(connection, [begun()])
    finish_calls(connection, [finished()])
    known = find_calls(connection, ["k"])["k"]
    assert (known.worker, known.handing, known.finished) == ("1", NOON, LATER)
    assert (known.message_id, known.reply, known.left_by) == ("<m@x>", SENT, None)


def test_what_was_answered_first_stays(connection):
    finish_calls(connection, [finished(reply=SKIPPED, moment=NOON)])
    finish_calls(connection, [finished(reply=Reply(Status.NO_ACTIVITY, "Skipping"))])
    known = find_calls(connection, ["k"])["k"]
    assert (known.reply, known.finished) == (SKIPPED, NOON)


def test_that_a_mail_was_sent_is_the_truth_whatever_was_answered_before(connection):
    begin_calls(connection, [begun()])
    finish_calls(connection, [finished(reply=SKIPPED, moment=NOON)])
    finish_calls(connection, [finished(reply=SENT)])
    assert find_calls(connection, ["k"])["k"].reply == SENT


def test_a_call_that_was_taken_back_may_be_begun_by_anybody_with_the_same_form(
    connection,
):
    begin_calls(connection, [begun("j"), begun()])
    take_back_calls(connection, "1", ["k"])
    known = find_calls(connection, ["k"])["k"]
    assert (known.handing, known.finished, known.left_by) == (None, None, None)
    other = replace(begun(worker="2"), call=Call("k", "another form"))
    assert begin_calls(connection, [other]) == set()
    again = begun(worker="2", moment=LATER, message_id="<n@x>", reply=SKIPPED)
    assert begin_calls(connection, [again]) == {"k"}
    known = find_calls(connection, ["k"])["k"]
    assert (known.worker, known.handing, known.message_id) == ("2", LATER, "<n@x>")
    assert (known.fingerprint, known.reply) == ("form", SKIPPED)
    assert begin_calls(connection, [begun("j", "2")]) == set()


def test_nobody_takes_back_the_call_of_another_or_one_that_is_finished(connection):
    begin_calls(connection, [begun("a"), begun("b")])
    finish_calls(connection, [finished("b")])
    take_back_calls(connection, "2", ["a"])
    take_back_calls(connection, "1", ["b"])
    known = find_calls(connection, ["a", "b"])
    assert [known[key].handing for key in "ab"] == [NOON, NOON]


def test_a_call_that_was_left_is_taken_over_from_who_left_it_alone(connection):
    begin_calls(connection, [begun(worker="1")])
    assert begin_calls(connection, [begun(worker="3", left_by="2")]) == set()
    assert begin_calls(connection, [begun(worker="3", left_by="1")]) == {"k"}
    assert begin_calls(connection, [begun(worker="4", left_by="1")]) == set()
    assert find_calls(connection, ["k"])["k"].worker == "3"


@pytest.mark.parametrize("left_by", [None, "0"], ids=["new", "left by a worker"])
def test_of_many_who_begin_a_call_at_once_one_may_hand_over(town, left_by):
    keys = [f"key {number}" for number in range(20)]
    if left_by:
        with town.engine.begin() as connection:
            begin_calls(connection, [begun(key, left_by) for key in keys])
    ready = threading.Barrier(6)

    def begin(worker):
        # In another order each: they must not wait for each other in a circle.
        calls = [begun(key, str(worker), left_by=left_by) for key in keys[worker:] + keys[:worker]]
        ready.wait(20)
        with town.engine.begin() as connection:
            return begin_calls(connection, calls)

    with ThreadPoolExecutor(6) as threads:
        told = list(threads.map(begin, range(1, 7)))
    assert sorted(key for some in told for key in some) == sorted(keys)
    with town.engine.connect() as connection:
        known = find_calls(connection, keys)
    for worker, some in enumerate(told, 1):
        assert {key for key in keys if known[key].worker == str(worker)} == some


def test_a_doubt_is_a_call_between_the_hand_over_and_its_record(connection):
    begin_calls(connection, [begun("late", moment=LATER), begun("b"), begun("a", "2")])
    begin_calls(connection, [begun("finished"), begun("taken back")])
    finish_calls(connection, [finished("finished"), finished("never begun", SKIPPED)])
    take_back_calls(connection, "1", ["taken back"])
    assert find_doubts(connection) == [
        Doubt("a", "zoë", MARCH, "2", NOON, "<m@x>"),
        Doubt("b", "zoë", MARCH, "1", NOON, "<m@x>"),
        Doubt("late", "zoë", MARCH, "1", LATER, "<m@x>"),
    ]


def test_a_doubt_that_was_sent_is_answered_so(connection):
    begin_calls(connection, [begun()])
    assert settle_doubt(connection, "k", LATER, sent=True)
    known = find_calls(connection, ["k"])["k"]
    assert (known.finished, known.reply) == (LATER, SENT)
    assert not settle_doubt(connection, "k", LATER, sent=False)
    assert find_doubts(connection) == []


def test_a_doubt_that_was_not_sent_may_be_begun_again(connection):
    begin_calls(connection, [begun()])
    assert settle_doubt(connection, "k", LATER, sent=False)
    assert not settle_doubt(connection, "k", LATER, sent=True)
    assert not settle_doubt(connection, "no such key", LATER, sent=True)
    assert begin_calls(connection, [begun(worker="2")]) == {"k"}


def test_many_calls_are_begun_and_finished_together(town):
    keys = [f"key {number}" for number in range(1_000)]
    with town.engine.begin() as connection, town.queries() as told:
        assert begin_calls(connection, [begun(key) for key in keys]) == set(keys)
        finish_calls(connection, [finished(key) for key in keys])
        assert find_calls(connection, keys).keys() == set(keys)
    assert len(told) <= 10

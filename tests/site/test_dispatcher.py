# SPDX-License-Identifier: MIT
"""The dispatcher without the web server: what it records, when, and what it answers."""

import asyncio
import threading
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import event, text

from embedded.database import only
from embedded.parts import MARCH, NOW, FailingMailer, MemoryMailer, NoMetrics, decider, dispatching
from gs.profile.status.hooks import SKIPPED, HookReply, Status
from gs.profile.status.site.delivery import (
    Deferred,
    Delivered,
    InDoubt,
    MaildirMailer,
    RecipientsRefused,
    RefusedRecipient,
    Rejected,
)
from gs.profile.status.site.dispatch import Dispatcher, NoReply, Processor, processor
from gs.profile.status.site.logs import Log
from gs.profile.status.site.model import EVENT_CODES
from gs.profile.status.site.store import tables
from gs.profile.status.site.store.calls import IdempotencyKey
from gs.profile.status.site.store.database import open_database
from gs.profile.status.site.store.workers import WorkerLease
from gs.profile.status.site.web.metrics import Metrics
from limits import LIMIT, wait_until

ANN = ("ann", MARCH, IdempotencyKey("k", "f"))
SENT = HookReply(0, "Sent the monthly profile-status notification to Ann (ann)")


@dataclass
class MailServer:
    """A mailer that returns or raises the *results* in turn and has no record of deliveries."""

    results: list
    held: threading.Event | None = None
    reached: threading.Event = field(default_factory=threading.Event)
    mails: list = field(default_factory=list)
    jobs: int = 2
    closed: bool = False

    def deliver(self, mail, member_id, key=None):  # noqa: ARG002 - the port's
        self.reached.set()
        if self.held:
            assert self.held.wait(LIMIT)
        self.mails.append(mail)
        result = self.results.pop(0) if self.results else Delivered()
        if isinstance(result, Exception):
            raise result
        return result

    def was_delivered(self, key):  # noqa: ARG002 - the port's
        return None

    def close(self):
        self.closed = True


@pytest.fixture
def ann(db):
    """Add a member to notify to the site."""
    db.add_person("ann", "g", name="Ann")
    db.add_post("ann", "2026-03-05")
    return db


def ask(dispatcher, *forms):
    """Send *forms* at the same time; return the answers."""

    async def together():
        calls = (dispatcher.send(*form) for form in forms)
        return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), LIMIT)

    return asyncio.run(together())


async def until(condition):
    """Wait until *condition* is true."""
    await asyncio.to_thread(wait_until, condition)


def kinds(answers):
    return [
        getattr(answer, "label", type(answer))
        if not isinstance(answer, HookReply)
        else answer.status
        for answer in answers
    ]


def codes(db):
    return [row.event_code for row in db.rows(tables.AUDIT_EVENT)]


# Results of a delivery


def test_a_delivered_mail_is_recorded_and_answered(ann):
    with dispatching(ann.engine, mailer := MemoryMailer()) as dispatcher:
        assert ask(dispatcher, ANN) == [SENT]
        assert ask(dispatcher, ANN) == [SENT]
    assert len(mailer.mails) == 1
    assert codes(ann) == ["1"]


def test_a_refused_address_gets_no_more_mail(ann):
    refused = (RefusedRecipient("ANN@example.org", "550 5.1.1 nobody"),)
    with dispatching(ann.engine, mailer := MailServer([RecipientsRefused(refused)])) as dispatcher:
        (first,) = ask(dispatcher, ANN)
        assert first.status == -8
        assert first.message.endswith("for Ann (ann): no verified email addresses")
        assert ask(dispatcher, ANN) == [first]
        assert ask(dispatcher, ("ann", MARCH)) == [first]
    assert len(mailer.mails) == 1
    assert [row.reply for row in ann.rows(tables.UNDELIVERABLE_EMAIL)] == ["550 5.1.1 nobody"]
    assert codes(ann) == ["2", "2"]


def test_a_refused_address_with_an_international_host_is_marked(ann):
    ann.add_person("bob", "g", name="Bob", email=False)
    ann.add_address("bob", "Bob@M\u00fcnchen.example")
    refused = (RefusedRecipient("Bob@xn--mnchen-3ya.example", "550 5.1.1 nobody"),)
    with dispatching(ann.engine, mailer := MailServer([RecipientsRefused(refused)])) as dispatcher:
        assert kinds(ask(dispatcher, ("bob", MARCH))) == [-8]
        assert kinds(ask(dispatcher, ("bob", MARCH))) == [-8]
    assert [mail.recipients for mail in mailer.mails] == [("Bob@xn--mnchen-3ya.example",)]


@pytest.mark.parametrize("form", [ANN, ("ann", MARCH)], ids=["key", "no key"])
def test_a_mail_is_sent_again_without_the_refused_address(ann, form):
    ann.add_address("ann", "m\u00fcller@example.org")
    refused = (RefusedRecipient("m\u00fcller@example.org", "no SMTPUTF8"),)
    with dispatching(ann.engine, mailer := MailServer([RecipientsRefused(refused)])) as dispatcher:
        (first,) = ask(dispatcher, form)
        assert (first.label, first.retry_after) == ("deferred", 1)
        assert ask(dispatcher, form) == [SENT]
    assert [mail.recipients for mail in mailer.mails] == [
        ("ann@example.org", "m\u00fcller@example.org"),
        ("ann@example.org",),
    ]
    assert codes(ann) == ["1"]


def test_other_addresses_get_mail_if_some_are_refused(ann):
    ann.add_address("ann", "other@example.org")
    refused = (RefusedRecipient("ann@example.org", "550 5.1.1 nobody"),)
    with dispatching(ann.engine, mailer := MailServer([Delivered(refused)])) as dispatcher:
        assert kinds(ask(dispatcher, ANN)) == [0]
        assert kinds(ask(dispatcher, ("ann", MARCH))) == [0]
    assert [mail.recipients for mail in mailer.mails] == [
        ("ann@example.org", "other@example.org"),
        ("other@example.org",),
    ]


def test_a_rejected_mail_is_reported_with_the_servers_reply_and_can_be_retried(ann):
    with dispatching(ann.engine, MailServer([Rejected("554 no")])) as dispatcher:
        (first,) = ask(dispatcher, ANN)
        assert first.status == -1024
        assert first.message == (
            "The mail server said: 554 no. It rejected the monthly profile-status notification to "
            "Ann (ann)"
        )
        assert codes(ann) == []
        assert ask(dispatcher, ANN) == [SENT]


def test_a_deferred_mail_can_be_retried(ann):
    with dispatching(ann.engine, MailServer([Deferred("away", 7)])) as dispatcher:
        (first,) = ask(dispatcher, ANN)
        assert first == NoReply(503, "Nobody was mailed. away\n", "deferred", 7)
        assert codes(ann) == []
        assert ask(dispatcher, ANN) == [SENT]


@pytest.mark.parametrize("doubt", [InDoubt("no answer"), RuntimeError("a bug")])
def test_a_mail_in_doubt_is_never_delivered_again(ann, doubt):
    with dispatching(ann.engine, first := MailServer([doubt])) as dispatcher:
        answers = ask(dispatcher, ANN) + ask(dispatcher, ANN)
    with dispatching(ann.engine, second := MailServer([])) as dispatcher:
        answers += ask(dispatcher, ANN)
    assert kinds(answers) == ["in_doubt"] * 3
    assert all(first.mails[0].message_id in answer.text for answer in answers)
    assert (len(first.mails), len(second.mails)) == (1, 0)
    assert codes(ann) == []


# Simultaneous calls


def test_simultaneous_calls_share_each_transaction(ann):
    members = ["ann", *(f"m{number}" for number in range(31))]
    for member in members[1:]:
        ann.add_person(member, "g")
    forms = [(member, MARCH, IdempotencyKey(member, "f")) for member in members]
    come = threading.Event()
    with dispatching(ann.engine, MailServer([], jobs=32)) as dispatcher:
        ask(dispatcher, ("m0", MARCH))

        async def story():
            calls = [asyncio.create_task(dispatcher.send(*form)) for form in forms]
            await asyncio.sleep(0)  # each call reaches the queue
            come.set()
            return await asyncio.gather(*calls)

        def wait(*_):
            assert come.wait(LIMIT)

        event.listen(ann.engine, "before_cursor_execute", wait)
        with ann.queries() as queries:
            assert kinds(asyncio.run(story())) == [0] * 32
        event.remove(ann.engine, "before_cursor_execute", wait)
    # Two batches, because the first call may start before the others arrive. In the worst case
    # each of the 32 ends in its own transaction with two statements.
    assert len(queries) <= 2 * 6 + 2 * 32


def test_few_deliveries_are_recorded_ahead(ann):
    held = threading.Event()
    with dispatching(ann.engine, mailer := MailServer([], held)) as dispatcher:

        async def story():
            forms = [("ann", MARCH, IdempotencyKey(f"k{number}", "f")) for number in range(20)]
            calls = [asyncio.create_task(dispatcher.send(*form)) for form in forms]
            await until(mailer.reached.is_set)
            for gone in calls[10:]:
                gone.cancel()
            await asyncio.sleep(0.2)
            begun = len(ann.rows(tables.IDEMPOTENCY_KEY))
            held.set()
            return begun, await asyncio.gather(*calls, return_exceptions=True)

        begun, answers = asyncio.run(story())
    # A crash now would leave only these in doubt.
    assert begun <= 2 * mailer.jobs
    assert kinds(answers) == [0] * 10 + [asyncio.CancelledError] * 10
    # A call that is cancelled in the queue sends no mail.
    assert len(mailer.mails) == 10


def test_a_call_cancelled_in_the_queue_can_be_repeated(ann):
    held = threading.Event()
    forms = [("ann", MARCH, IdempotencyKey(f"k{number}", "f")) for number in range(20)]
    with dispatching(ann.engine, mailer := MailServer([], held)) as dispatcher:

        async def story():
            calls = [asyncio.create_task(dispatcher.send(*form)) for form in forms]
            await until(lambda: len(ann.rows(tables.IDEMPOTENCY_KEY)) == 2 * mailer.jobs)
            for gone in calls[10:]:
                gone.cancel()
            held.set()
            return await asyncio.gather(*calls, return_exceptions=True)

        assert kinds(asyncio.run(story())) == [0] * 10 + [asyncio.CancelledError] * 10
        assert kinds(ask(dispatcher, *forms)) == [0] * 20
    assert len(mailer.mails) == 20


def test_simultaneous_calls_with_one_key_send_one_mail(ann):
    held = threading.Event()
    with dispatching(ann.engine, mailer := MailServer([], held)) as dispatcher:

        async def story():
            calls = [asyncio.create_task(dispatcher.send(*ANN)) for _ in range(8)]
            await until(lambda: sum(call.done() for call in calls) == 7)
            held.set()
            return await asyncio.gather(*calls, return_exceptions=True)

        answers = kinds(asyncio.run(story()))
    assert sorted(answers, key=str) == sorted([0, *["in_progress"] * 7], key=str)
    assert len(mailer.mails) == 1


def test_an_error_for_one_member_does_not_affect_others(ann):
    ann.add_person("bob", "g", name="Bob")
    real = decider()

    def composed(summary):
        if summary.profile.id == "bob":
            raise ZeroDivisionError
        return real.compose(summary)

    mailer, lease = MailServer([]), WorkerLease(ann.engine)
    made = Processor(
        ann.engine, replace(real, compose=composed), mailer, lease, lambda: NOW, Log()
    )
    dispatcher = Dispatcher(made, mailer, NoMetrics())
    bob = ("bob", MARCH, IdempotencyKey("b", "f"))
    try:
        assert kinds(ask(dispatcher, bob, ANN)) == [ZeroDivisionError, 0]
        assert kinds(ask(dispatcher, bob)) == [ZeroDivisionError]
    finally:
        dispatcher.close()
        lease.close()
    assert codes(ann) == ["1"]


def test_a_cancelled_and_repeated_call_is_counted_once(ann):
    held, metrics = threading.Event(), Metrics()
    with dispatching(ann.engine, mailer := MailServer([], held), metrics) as dispatcher:

        async def story():
            call = asyncio.create_task(dispatcher.send(*ANN))
            await until(mailer.reached.is_set)
            call.cancel()
            held.set()
            await until(lambda: ann.rows(tables.AUDIT_EVENT))
            return await dispatcher.send(*ANN)

        assert asyncio.run(story()) == SENT
    counted = {
        sample.labels["outcome"]: sample.value
        for family in metrics.registry.collect()
        if family.name == "sendprofile_site_notifications"
        for sample in family.samples
        if sample.name.endswith("_total")
    }
    assert counted == {"sent": 1}


# A failing database


@pytest.fixture
def limit_size(ann):
    """Return a function that sets or removes (*unlimited*) a size limit of the database."""
    limit = [1 << 30]

    def set_limit(connection, _record=None, _proxy=None):
        connection.execute(f"PRAGMA max_page_count = {limit[0]}")

    event.listen(ann.engine, "checkout", set_limit)

    def made(*, unlimited):
        with ann.engine.connect() as connection:
            limit[0] = 1 << 30 if unlimited else connection.scalar(text("PRAGMA page_count"))

    return made


@only("sqlite")
def test_a_sent_mail_is_recorded_once_the_database_works_again(ann, limit_size, monkeypatch):
    monkeypatch.setattr(processor, "_RECORD_WITHIN", LIMIT)
    name = "Ann" * 9_000  # so that the reply does not fit into an existing page
    with ann.engine.begin() as connection:
        connection.execute(tables.PERSON.update().values(name=name))
    held = threading.Event()
    mailer = MailServer([RecipientsRefused((RefusedRecipient("ann@example.org", "no"),))], held)
    with dispatching(ann.engine, mailer) as dispatcher:

        async def story():
            call = asyncio.create_task(dispatcher.send(*ANN))
            await until(mailer.reached.is_set)
            limit_size(unlimited=False)
            ann.rows(tables.PERSON)
            held.set()
            done, _ = await asyncio.wait([call], timeout=0.7)
            assert not done
            assert codes(ann) == []
            # Other calls are deferred: the database fails and no mail was sent. A repeated call
            # is in progress.
            asked = (ANN, ("ann", MARCH, IdempotencyKey("other", "f")))
            answers = await asyncio.gather(*(dispatcher.send(*one) for one in asked))
            assert kinds(answers) == ["in_progress", "deferred"]
            limit_size(unlimited=True)
            return await asyncio.wait_for(call, LIMIT)

        assert asyncio.run(story()).status == -8
    assert codes(ann) == ["2"]


@only("sqlite")
def test_a_record_that_always_fails_is_in_doubt_and_blocks_no_other_call(ann):
    with ann.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON audit_event WHEN new.event_code = '1' "
                "BEGIN SELECT RAISE(ABORT, 'never'); END"
            )
        )
    with dispatching(ann.engine, mailer := MailServer([])) as dispatcher:
        assert kinds(ask(dispatcher, ANN)) == ["in_doubt"]
        assert kinds(ask(dispatcher, ("nobody", MARCH))) == [-2]
        assert kinds(ask(dispatcher, ANN)) == ["in_doubt"]
    assert len(mailer.mails) == 1


# Closing


def test_the_dispatcher_finishes_its_deliveries_before_it_closes(ann):
    held = threading.Event()
    mailer = MailServer([], held)
    with dispatching(ann.engine, mailer) as dispatcher:

        async def story():
            call = asyncio.create_task(dispatcher.send(*ANN))
            await until(mailer.reached.is_set)
            closing = asyncio.create_task(asyncio.to_thread(dispatcher.close))
            while not isinstance(await dispatcher.send("nobody", MARCH), NoReply):
                pass
            assert not closing.done()
            assert not mailer.closed
            held.set()
            answer = await asyncio.wait_for(call, LIMIT)
            await asyncio.wait_for(closing, LIMIT)
            return answer

        assert asyncio.run(story()) == SENT
        assert mailer.closed
        assert not dispatcher.alive
    assert codes(ann).count("1") == 1


# Several processes, each represented by a worker lease


@only("postgresql")
def test_a_key_in_progress_in_another_process_is_not_processed(ann):
    held = threading.Event()
    mailer = MailServer([], held)
    with (
        dispatching(ann.engine, mailer) as one,
        dispatching(ann.engine, idle := MailServer([])) as other,
    ):

        async def story():
            call = asyncio.create_task(one.send(*ANN))
            await until(mailer.reached.is_set)
            assert (await other.send(*ANN)).label == "in_progress"
            held.set()
            assert await asyncio.wait_for(call, LIMIT) == SENT
            assert await other.send(*ANN) == SENT

        asyncio.run(story())
    assert (len(mailer.mails), len(idle.mails)) == (1, 0)


@pytest.mark.parametrize("filed", [True, False])
def test_the_maildir_resolves_the_doubts_of_a_dead_process(ann, tmp_path, filed):
    maildir = MaildirMailer(tmp_path / "Maildir")
    with dispatching(ann.engine, FailingMailer(maildir, RuntimeError("dies"), after=filed)) as one:
        assert kinds(ask(one, ANN)) == ["in_doubt"]
    with dispatching(ann.engine, maildir) as other:
        assert ask(other, ANN) == [SENT]
        assert ask(other, ANN) == [SENT]
    assert len(list((tmp_path / "Maildir" / "new").iterdir())) == 1
    assert codes(ann) == ["1"]


@only("postgresql")
def test_a_skip_does_not_override_a_delivery_in_another_process(ann):
    held = threading.Event()
    with (
        dispatching(ann.engine, mailer := MailServer([], held)) as one,
        dispatching(ann.engine, MailServer([])) as other,
    ):

        async def story():
            call = asyncio.create_task(one.send(*ANN))
            await until(mailer.reached.is_set)
            ann.insert(tables.PROFILE_NOTIFICATION_SKIP, user_id="ann")
            assert (await other.send(*ANN)).label == "in_progress"
            held.set()
            return await asyncio.wait_for(call, LIMIT)

        assert asyncio.run(story()) == SENT
        assert ask(other, ANN) == [SENT]
    assert codes(ann) == ["1"]


@only("postgresql")
def test_a_skip_decided_by_two_processes_is_audited_once(ann):
    ann.insert(tables.PROFILE_NOTIFICATION_SKIP, user_id="ann")
    decided, recorded = threading.Event(), threading.Event()
    other_engine = open_database(ann.engine.url.render_as_string(hide_password=False))

    def wait(_connection, _cursor, statement, *_):
        # The first process has decided, and writes after the second one has finished the call.
        if statement.startswith("INSERT INTO idempotency_key"):
            decided.set()
            assert recorded.wait(LIMIT)

    with (
        dispatching(ann.engine, MailServer([])) as one,
        dispatching(other_engine, MailServer([])) as other,
    ):

        async def story():
            event.listen(ann.engine, "before_cursor_execute", wait)
            call = asyncio.create_task(one.send(*ANN))
            await until(decided.is_set)
            assert (await other.send(*ANN)).status == -32
            recorded.set()
            answer = await asyncio.wait_for(call, LIMIT)
            event.remove(ann.engine, "before_cursor_execute", wait)
            return answer

        assert asyncio.run(story()).label == "in_progress"
    other_engine.dispose()
    assert codes(ann) == ["6"]


def test_each_status_of_a_finished_call_has_an_event_code_of_its_own():
    assert set(EVENT_CODES) == {Status.SENT, *SKIPPED}
    assert len(set(EVENT_CODES.values())) == len(EVENT_CODES)

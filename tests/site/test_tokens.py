# SPDX-License-Identifier: MIT
import asyncio
import time
import traceback
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from gs.profile.status.site.web.tokens import (
    DELAY,
    MAX_WAITING,
    REMEMBERED,
    Tokens,
    TooManyWrongError,
)
from limits import LIMIT

RIGHT = "the-right-token"


class Door:
    """A check of tokens with a clock, a database and an audit trail that a test controls."""

    def __init__(self):
        self.now = 1_000.0
        self.right = RIGHT
        self.reads = 0
        self.rows = []
        self.moments = []
        self.unfinished = []
        self.wrong = 0
        self.slept = []
        self.sleeping = {}
        self.pending = []
        self.tokens = Tokens(
            read=self.read,
            audit=self.audit,
            count_wrong=self.count,
            clock=lambda: self.now,
            sleep=self.sleep,
        )

    def read(self):
        self.reads += 1
        return self.right

    def audit(self, hook, peer, times):
        self.rows.append((hook, peer, times))
        self.moments.append(self.now)
        self.unfinished.append(len(self.pending))

    def count(self):
        self.wrong += 1

    async def sleep(self, seconds):
        self.slept.append(seconds)
        woken = asyncio.Event()
        self.sleeping[woken] = self.now + seconds
        try:
            await woken.wait()
        finally:
            self.sleeping.pop(woken, None)

    async def move(self, seconds):
        """Let time pass; all whose delay is over wake in the order in which they came."""
        self.now += seconds
        for woken in [one for one, moment in self.sleeping.items() if moment <= self.now]:
            del self.sleeping[woken]
            woken.set()
        await self.rest()

    async def rest(self):
        """Wait until each check without a result sleeps."""
        async with asyncio.timeout(LIMIT):
            while True:
                await asyncio.sleep(0)
                self.pending = [one for one in self.pending if not one.done()]
                if len(self.pending) == len(self.sleeping):
                    return
                await asyncio.sleep(0.001)  # threads of the pool end

    def check(self, given, hook="/hook", peer="192.0.2.1"):
        checked = asyncio.create_task(self.tokens.check(given, hook, peer))
        self.pending.append(checked)
        return checked

    @asynccontextmanager
    async def waiting(self, number, given="wrong"):
        checks = [self.check(given) for _ in range(number)]
        await self.rest()
        yield checks
        await self.move(DELAY)
        await asyncio.gather(*checks)


def scene(play):
    """Give a test that awaits *play* with a door."""

    def test():
        asyncio.run(play(Door()))

    test.__name__ = play.__name__
    return test


@scene
async def test_the_right_token_is_accepted_at_once(door):
    assert await door.check(RIGHT) is True
    assert (door.slept, door.wrong, door.rows) == ([], 0, [])


@scene
async def test_an_empty_token_is_refused_at_once_and_not_audited(door):
    assert await door.check("") is False
    assert (door.slept, door.wrong, door.rows, door.reads) == ([], 0, [], 0)


@scene
async def test_a_site_without_a_token_refuses_every_token(door):
    for nothing in (None, ""):
        door.right = nothing
        await door.move(REMEMBERED + 0.1)
        checks = [door.check(given) for given in ("", "x", "None")]
        await door.rest()
        await door.move(DELAY)
        assert await asyncio.gather(*checks) == [False] * 3


@pytest.mark.parametrize(
    "given",
    ["wrong", RIGHT[:-1], f"{RIGHT}x", RIGHT.upper(), f" {RIGHT}", "é", "\ud800", "\0"],
)
def test_another_token_is_refused(given):
    async def play(door):
        async with door.waiting(1, given) as (check,):
            assert not check.done()
        assert check.result() is False
        assert door.wrong == 1

    asyncio.run(play(Door()))


@scene
async def test_a_token_of_any_characters_can_be_the_right_one(door):
    door.right = "clé \ud800"
    assert await door.check("clé \ud800") is True


@scene
async def test_each_answer_to_a_wrong_token_waits_equally_long(door):
    for _ in range(3):
        async with door.waiting(4) as checks:
            await door.move(DELAY - 0.01)
            assert not any(one.done() for one in checks)
    assert door.slept == [DELAY] * 12


@scene
async def test_the_right_token_does_not_wait_for_wrong_ones(door):
    async with door.waiting(MAX_WAITING) as checks:
        assert await asyncio.wait_for(door.check(RIGHT), LIMIT) is True
        assert not any(one.done() for one in checks)


@scene
async def test_wrong_tokens_over_the_limit_are_refused_at_once_and_counted(door):
    async with door.waiting(MAX_WAITING):
        for _ in range(10):
            with pytest.raises(TooManyWrongError):
                await asyncio.wait_for(door.check("wrong"), LIMIT)
    assert door.wrong == MAX_WAITING + 10
    assert door.rows == [("/hook", "192.0.2.1", MAX_WAITING + 10)]
    async with door.waiting(MAX_WAITING) as later:
        assert not any(one.done() for one in later)


@scene
async def test_a_cancelled_check_no_longer_counts_as_waiting(door):
    checks = [door.check("wrong") for _ in range(MAX_WAITING)]
    await door.rest()
    checks[0].cancel()
    await door.rest()
    later = door.check("wrong")
    await door.rest()
    assert not later.done()
    await door.move(DELAY)
    assert await asyncio.gather(*checks[1:], later) == [False] * MAX_WAITING


@scene
async def test_a_wrong_token_is_audited_with_hook_and_peer_before_its_answer(door):
    check = door.check("wrong", "/gs-profile-status-send.html", "192.0.2.7")
    await door.rest()
    await door.move(DELAY)
    assert check.result() is False
    assert door.rows == [("/gs-profile-status-send.html", "192.0.2.7", 1)]
    assert door.unfinished == [1]


@scene
async def test_a_flood_of_wrong_tokens_adds_one_row_a_second_with_the_total(door):
    refused = 0
    for _ in range(50):
        checks = [door.check("wrong") for _ in range(10)]
        await door.rest()
        refused += sum(isinstance(one.exception(), TooManyWrongError) for one in done(checks))
        await door.move(0.1)
    await door.move(DELAY)
    async with door.waiting(1):
        pass
    assert refused > 0
    assert door.wrong == sum(times for _, _, times in door.rows) == 501
    assert all(later - one >= DELAY for one, later in pairwise(door.moments))
    assert len(door.moments) >= 5


def done(checks):
    return [one for one in checks if one.done()]


@scene
async def test_successive_wrong_tokens_are_each_audited_before_their_answer(door):
    answered = 0
    for _ in range(30):
        check = door.check("wrong")
        await door.rest()
        check.add_done_callback(lambda one: one.exception())
        await door.move(0.3)
        answered = door.wrong - len(door.pending)
        assert sum(times for _, _, times in door.rows) >= answered
    assert answered > 20


class Unwritable(Door):
    """A check whose audit trail cannot be written at first."""

    away = True

    def audit(self, hook, peer, times):
        if self.away:
            raise ConnectionError("a secret")
        super().audit(hook, peer, times)


def test_a_failing_audit_trail_loses_no_wrong_token(caplog):
    async def play(door):
        async with door.waiting(3) as checks:
            assert not any(one.done() for one in checks)
        assert [one.result() for one in checks] == [False] * 3
        assert door.rows == []
        door.away = False
        await door.move(DELAY)
        async with door.waiting(1):
            pass
        assert door.rows == [("/hook", "192.0.2.1", 4)]

    asyncio.run(play(Unwritable()))
    assert {record.getMessage() for record in caplog.records} == {"audit_failed"}


@scene
async def test_the_token_is_read_from_the_database_twice_a_second_at_most(door):
    for _ in range(100):
        assert await door.check(RIGHT)
    assert door.reads == 1
    await door.move(REMEMBERED + 0.01)
    assert all(await asyncio.gather(*(door.check(RIGHT) for _ in range(100))))
    assert door.reads == 2


@scene
async def test_an_old_token_is_refused_within_a_second_of_the_new_one(door):
    assert await door.check(RIGHT)
    door.right = "the-new-token"
    await door.move(0.99)
    checks = door.check(RIGHT)
    await door.rest()
    await door.move(DELAY)
    assert await checks is False


@scene
async def test_a_new_token_is_accepted_at_once(door):
    assert await door.check(RIGHT)
    door.right = "the-new-token"
    await door.move(0.1)
    assert await asyncio.wait_for(door.check("the-new-token"), LIMIT) is True
    assert door.wrong == 0


@scene
async def test_a_flood_of_wrong_tokens_causes_few_queries(door):
    async with door.waiting(MAX_WAITING):
        assert door.reads == 1


@scene
async def test_a_database_error_is_not_a_wrong_token(door):
    def broken():
        raise OSError

    door.tokens = Tokens(
        read=broken,
        audit=door.audit,
        count_wrong=door.count,
        clock=lambda: door.now,
        sleep=door.sleep,
    )
    with pytest.raises(OSError):  # noqa: PT011 - it has no text
        await door.check(RIGHT)
    assert door.wrong == 0


class Away(Door):
    """A check whose database takes some time to raise an error."""

    away = True

    def read(self):
        super().read()
        if self.away:
            time.sleep(0.1)
            raise ConnectionError("away")
        return self.right


def faults(answers):
    return [type(one) for one in answers]


def test_one_database_error_answers_all_waiting_calls():
    async def play(door):
        checks = [door.check(given) for given in [RIGHT] * 5 + ["wrong"] * 5]
        answers = await asyncio.gather(*checks, return_exceptions=True)
        assert faults(answers) == [ConnectionError] * 10
        assert (door.reads, door.wrong) == (1, 0)

    asyncio.run(play(Away()))


def test_a_database_error_is_cached_for_a_second():
    async def play(door):
        await asyncio.gather(door.check(RIGHT), return_exceptions=True)
        door.away = False
        door.now += 0.9
        assert faults(await asyncio.gather(door.check(RIGHT), return_exceptions=True)) == [
            ConnectionError
        ]
        assert door.reads == 1
        door.now += 0.2
        assert await door.check(RIGHT) is True
        assert door.reads == 2

    asyncio.run(play(Away()))


def test_a_cached_token_is_accepted_while_the_database_is_unavailable():
    async def play(door):
        door.away = False
        assert await door.check(RIGHT) is True
        door.away = True
        door.now += REMEMBERED - 0.1
        answers = await asyncio.gather(
            door.check("wrong"), door.check(RIGHT), return_exceptions=True
        )
        assert faults(answers) == [ConnectionError, bool]

    asyncio.run(play(Away()))


def test_the_traceback_of_a_cached_error_does_not_grow():
    async def play(door):
        for _ in range(50):
            (error,) = await asyncio.gather(door.check(RIGHT), return_exceptions=True)
        depth = len(traceback.extract_tb(error.__traceback__))
        assert depth < 10

    asyncio.run(play(Away()))

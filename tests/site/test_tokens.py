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


class Guard:
    """A token check with a clock, a database and an audit trail that the test controls."""

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
        """Advance the clock; calls whose delay is over continue in order of arrival."""
        self.now += seconds
        for woken in [one for one, moment in self.sleeping.items() if moment <= self.now]:
            del self.sleeping[woken]
            woken.set()
        await self.rest()

    async def rest(self):
        """Wait until each unfinished check sleeps."""
        async with asyncio.timeout(LIMIT):
            while True:
                await asyncio.sleep(0)
                self.pending = [one for one in self.pending if not one.done()]
                if len(self.pending) == len(self.sleeping):
                    return
                await asyncio.sleep(0.001)  # pool threads end

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


def run_scenario(play):
    """Return a test that awaits *play* with a guard."""

    def test():
        asyncio.run(play(Guard()))

    test.__name__ = play.__name__
    return test


@run_scenario
async def test_the_right_token_is_accepted_at_once(guard):
    assert await guard.check(RIGHT) is True
    assert (guard.slept, guard.wrong, guard.rows) == ([], 0, [])


@run_scenario
async def test_an_empty_token_is_refused_at_once_and_not_audited(guard):
    assert await guard.check("") is False
    assert (guard.slept, guard.wrong, guard.rows, guard.reads) == ([], 0, [], 0)


@run_scenario
async def test_a_site_without_a_token_refuses_every_token(guard):
    for nothing in (None, ""):
        guard.right = nothing
        await guard.move(REMEMBERED + 0.1)
        checks = [guard.check(given) for given in ("", "x", "None")]
        await guard.rest()
        await guard.move(DELAY)
        assert await asyncio.gather(*checks) == [False] * 3


@pytest.mark.parametrize(
    "given",
    ["wrong", RIGHT[:-1], f"{RIGHT}x", RIGHT.upper(), f" {RIGHT}", "é", "\ud800", "\0"],
)
def test_another_token_is_refused(given):
    async def play(guard):
        async with guard.waiting(1, given) as (check,):
            assert not check.done()
        assert check.result() is False
        assert guard.wrong == 1

    asyncio.run(play(Guard()))


@run_scenario
async def test_a_token_of_any_characters_can_be_the_right_one(guard):
    guard.right = "clé \ud800"
    assert await guard.check("clé \ud800") is True


@run_scenario
async def test_each_answer_to_a_wrong_token_waits_equally_long(guard):
    for _ in range(3):
        async with guard.waiting(4) as checks:
            await guard.move(DELAY - 0.01)
            assert not any(one.done() for one in checks)
    assert guard.slept == [DELAY] * 12


@run_scenario
async def test_the_right_token_does_not_wait_for_wrong_ones(guard):
    async with guard.waiting(MAX_WAITING) as checks:
        assert await asyncio.wait_for(guard.check(RIGHT), LIMIT) is True
        assert not any(one.done() for one in checks)


@run_scenario
async def test_wrong_tokens_over_the_limit_are_refused_at_once_and_counted(guard):
    async with guard.waiting(MAX_WAITING):
        for _ in range(10):
            with pytest.raises(TooManyWrongError):
                await asyncio.wait_for(guard.check("wrong"), LIMIT)
    assert guard.wrong == MAX_WAITING + 10
    assert guard.rows == [("/hook", "192.0.2.1", MAX_WAITING + 10)]
    async with guard.waiting(MAX_WAITING) as later:
        assert not any(one.done() for one in later)


@run_scenario
async def test_a_cancelled_check_no_longer_counts_as_waiting(guard):
    checks = [guard.check("wrong") for _ in range(MAX_WAITING)]
    await guard.rest()
    checks[0].cancel()
    await guard.rest()
    later = guard.check("wrong")
    await guard.rest()
    assert not later.done()
    await guard.move(DELAY)
    assert await asyncio.gather(*checks[1:], later) == [False] * MAX_WAITING


@run_scenario
async def test_a_wrong_token_is_audited_with_hook_and_peer_before_its_answer(guard):
    check = guard.check("wrong", "/gs-profile-status-send.html", "192.0.2.7")
    await guard.rest()
    await guard.move(DELAY)
    assert check.result() is False
    assert guard.rows == [("/gs-profile-status-send.html", "192.0.2.7", 1)]
    assert guard.unfinished == [1]


@run_scenario
async def test_a_flood_of_wrong_tokens_adds_one_row_a_second_with_the_total(guard):
    refused = 0
    for _ in range(50):
        checks = [guard.check("wrong") for _ in range(10)]
        await guard.rest()
        refused += sum(isinstance(one.exception(), TooManyWrongError) for one in done(checks))
        await guard.move(0.1)
    await guard.move(DELAY)
    async with guard.waiting(1):
        pass
    assert refused > 0
    assert guard.wrong == sum(times for _, _, times in guard.rows) == 501
    assert all(later - one >= DELAY for one, later in pairwise(guard.moments))
    assert len(guard.moments) >= 5


def done(checks):
    return [one for one in checks if one.done()]


@run_scenario
async def test_successive_wrong_tokens_are_each_audited_before_their_answer(guard):
    answered = 0
    for _ in range(30):
        check = guard.check("wrong")
        await guard.rest()
        check.add_done_callback(lambda one: one.exception())
        await guard.move(0.3)
        answered = guard.wrong - len(guard.pending)
        assert sum(times for _, _, times in guard.rows) >= answered
    assert answered > 20


class Unwritable(Guard):
    """A token check whose audit trail fails at first."""

    away = True

    def audit(self, hook, peer, times):
        if self.away:
            raise ConnectionError("a secret")
        super().audit(hook, peer, times)


def test_a_failing_audit_trail_loses_no_wrong_token(caplog):
    async def play(guard):
        async with guard.waiting(3) as checks:
            assert not any(one.done() for one in checks)
        assert [one.result() for one in checks] == [False] * 3
        assert guard.rows == []
        guard.away = False
        await guard.move(DELAY)
        async with guard.waiting(1):
            pass
        assert guard.rows == [("/hook", "192.0.2.1", 4)]

    asyncio.run(play(Unwritable()))
    assert {record.getMessage() for record in caplog.records} == {"audit_failed"}


@run_scenario
async def test_the_token_is_read_from_the_database_twice_a_second_at_most(guard):
    for _ in range(100):
        assert await guard.check(RIGHT)
    assert guard.reads == 1
    await guard.move(REMEMBERED + 0.01)
    assert all(await asyncio.gather(*(guard.check(RIGHT) for _ in range(100))))
    assert guard.reads == 2


@run_scenario
async def test_an_old_token_is_refused_within_a_second_of_the_new_one(guard):
    assert await guard.check(RIGHT)
    guard.right = "the-new-token"
    await guard.move(0.99)
    checks = guard.check(RIGHT)
    await guard.rest()
    await guard.move(DELAY)
    assert await checks is False


@run_scenario
async def test_a_new_token_is_accepted_at_once(guard):
    assert await guard.check(RIGHT)
    guard.right = "the-new-token"
    await guard.move(0.1)
    assert await asyncio.wait_for(guard.check("the-new-token"), LIMIT) is True
    assert guard.wrong == 0


@run_scenario
async def test_a_flood_of_wrong_tokens_causes_few_queries(guard):
    async with guard.waiting(MAX_WAITING):
        assert guard.reads == 1


@run_scenario
async def test_a_database_error_is_not_a_wrong_token(guard):
    def broken():
        raise OSError

    guard.tokens = Tokens(
        read=broken,
        audit=guard.audit,
        count_wrong=guard.count,
        clock=lambda: guard.now,
        sleep=guard.sleep,
    )
    with pytest.raises(OSError):  # noqa: PT011 - the error has no text
        await guard.check(RIGHT)
    assert guard.wrong == 0


class UnavailableGuard(Guard):
    """A token check whose database raises an error after some time."""

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
    async def play(guard):
        checks = [guard.check(given) for given in [RIGHT] * 5 + ["wrong"] * 5]
        answers = await asyncio.gather(*checks, return_exceptions=True)
        assert faults(answers) == [ConnectionError] * 10
        assert (guard.reads, guard.wrong) == (1, 0)

    asyncio.run(play(UnavailableGuard()))


def test_a_database_error_is_cached_for_a_second():
    async def play(guard):
        await asyncio.gather(guard.check(RIGHT), return_exceptions=True)
        guard.away = False
        guard.now += 0.9
        assert faults(await asyncio.gather(guard.check(RIGHT), return_exceptions=True)) == [
            ConnectionError
        ]
        assert guard.reads == 1
        guard.now += 0.2
        assert await guard.check(RIGHT) is True
        assert guard.reads == 2

    asyncio.run(play(UnavailableGuard()))


def test_a_cached_token_is_accepted_while_the_database_is_unavailable():
    async def play(guard):
        guard.away = False
        assert await guard.check(RIGHT) is True
        guard.away = True
        guard.now += REMEMBERED - 0.1
        answers = await asyncio.gather(
            guard.check("wrong"), guard.check(RIGHT), return_exceptions=True
        )
        assert faults(answers) == [ConnectionError, bool]

    asyncio.run(play(UnavailableGuard()))


def test_the_traceback_of_a_cached_error_does_not_grow():
    async def play(guard):
        for _ in range(50):
            (error,) = await asyncio.gather(guard.check(RIGHT), return_exceptions=True)
        depth = len(traceback.extract_tb(error.__traceback__))
        assert depth < 10

    asyncio.run(play(UnavailableGuard()))

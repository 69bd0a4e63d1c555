# SPDX-License-Identifier: MIT
import asyncio
import time
import traceback
from contextlib import asynccontextmanager

import pytest

from gs.profile.status.site.web.tokens import (
    LONGEST,
    MOST_WAITING,
    REMEMBERED,
    SHORTEST,
    Keeper,
    Tokens,
    TooManyWrongError,
)
from limits import LIMIT

RIGHT = "the-right-token"


class Door:
    """Tokens with a clock, a database and an audit trail that a test can move and look into."""

    def __init__(self):
        self.now = 1_000.0
        self.right = RIGHT
        self.reads = 0
        self.rows = []
        self.wrong = 0
        self.slept = []
        self.sleeping = {}
        self.asked_for = []
        self.tokens = Tokens(
            Keeper(self.read, self.audit, self.count, lambda: self.now, self.sleep)
        )

    def read(self):
        self.reads += 1
        return self.right

    def audit(self, hook, peer, times):
        self.rows.append((hook, peer, times))

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
        self.now += seconds
        for woken in [one for one, moment in self.sleeping.items() if moment <= self.now]:
            del self.sleeping[woken]
            woken.set()
        await self.rest()

    async def rest(self):
        """Wait until whoever has no answer sleeps."""
        async with asyncio.timeout(LIMIT):
            while True:
                await asyncio.sleep(0)
                self.asked_for = [one for one in self.asked_for if not one.done()]
                if len(self.asked_for) == len(self.sleeping):
                    return
                await asyncio.sleep(0.001)  # threads of the pool come back

    def ask(self, given, hook="/hook", peer="192.0.2.1"):
        asked = asyncio.create_task(self.tokens.check(given, hook, peer))
        self.asked_for.append(asked)
        return asked

    @asynccontextmanager
    async def asked(self, number, given="wrong"):
        asked = [self.ask(given) for _ in range(number)]
        await self.rest()
        yield asked
        await self.move(LONGEST)
        await asyncio.gather(*asked)


def scene(play):
    """Give a test that awaits *play* with a door."""

    def test():
        asyncio.run(play(Door()))

    test.__name__ = play.__name__
    return test


@scene
async def test_the_right_token_is_right_at_once(door):
    assert await door.ask(RIGHT) is True
    assert (door.slept, door.wrong, door.rows) == ([], 0, [])


@scene
async def test_an_empty_token_is_wrong_at_once_and_no_guess(door):
    assert await door.ask("") is False
    assert (door.slept, door.wrong, door.rows, door.reads) == ([], 0, [], 0)


@scene
async def test_a_site_without_a_token_lets_nobody_in(door):
    for nothing in (None, ""):
        door.right = nothing
        await door.move(REMEMBERED + 0.1)
        asked = [door.ask(given) for given in ("", "x", "None")]
        await door.rest()
        await door.move(LONGEST)
        assert await asyncio.gather(*asked) == [False] * 3


@pytest.mark.parametrize(
    "given",
    ["wrong", RIGHT[:-1], f"{RIGHT}x", RIGHT.upper(), f" {RIGHT}", "é", "\ud800", "\0"],
)
def test_another_token_is_wrong(given):
    async def play(door):
        asked = door.ask(given)
        await door.rest()
        await door.move(SHORTEST)
        assert await asked is False
        assert door.wrong == 1

    asyncio.run(play(Door()))


@scene
async def test_a_token_of_any_characters_can_be_the_right_one(door):
    door.right = "clé \ud800"
    assert await door.ask("clé \ud800") is True


@scene
async def test_the_answer_to_a_wrong_token_waits_longer_each_time_and_no_longer_than_that(
    door,
):
    for _ in range(8):
        asked = door.ask("wrong")
        await door.rest()
        assert not asked.done()
        await door.move(door.slept[-1])
        assert await asked is False
    assert door.slept[0] == SHORTEST
    assert door.slept == sorted(door.slept)
    assert door.slept[1] > 1.8 * SHORTEST
    assert door.slept[-1] <= LONGEST
    assert door.slept[4] > LONGEST / 2


@scene
async def test_after_some_quiet_minutes_a_wrong_token_waits_as_the_first_one(door):
    async with door.asked(20):
        pass
    await door.move(600)
    async with door.asked(1):
        assert door.slept[-1] < 1.05 * SHORTEST


@scene
async def test_the_right_token_is_not_slowed_down_by_wrong_ones(door):
    async with door.asked(MOST_WAITING + 10) as asked:
        assert await asyncio.wait_for(door.ask(RIGHT), LIMIT) is True
        refused = [one.exception() for one in asked if one.done()]
        assert [type(error) for error in refused] == [TooManyWrongError] * 10
        for one in [one for one in asked if one.done()]:
            asked.remove(one)


@scene
async def test_there_is_room_again_for_those_who_were_refused(door):
    async with door.asked(MOST_WAITING):
        with pytest.raises(TooManyWrongError):
            await asyncio.wait_for(door.ask("wrong"), LIMIT)
    async with door.asked(1) as (later,):
        assert not later.done()


@scene
async def test_a_caller_who_gave_up_makes_room_too(door):
    asked = [door.ask("wrong") for _ in range(MOST_WAITING)]
    await door.rest()
    asked[0].cancel()
    await door.rest()
    later = door.ask("wrong")
    await door.rest()
    assert not later.done()
    await door.move(LONGEST)
    assert await asyncio.gather(*asked[1:], later) == [False] * MOST_WAITING


@scene
async def test_a_wrong_token_is_audited_with_hook_and_peer_before_it_is_answered(door):
    asked = door.ask("wrong", "/gs-profile-status-send.html", "192.0.2.7")
    await door.rest()
    assert door.rows == [("/gs-profile-status-send.html", "192.0.2.7", 1)]
    assert not asked.done()
    await door.move(SHORTEST)
    assert await asked is False
    assert len(door.rows) == 1


@scene
async def test_a_flood_of_wrong_tokens_is_counted_in_a_row_a_second_at_most(door):
    flood = 0
    for _ in range(100):
        asked = [door.ask("wrong") for _ in range(10)]
        flood += len(asked)
        await door.rest()
        await door.move(0.1)
        for one in asked:
            one.add_done_callback(lambda done: done.exception())
    await door.move(LONGEST)
    await door.move(LONGEST)
    assert door.wrong == flood == 1_000
    assert sum(times for _, _, times in door.rows) == flood
    assert 5 < len(door.rows) <= 10 + 2 * LONGEST + 2


class Unwritable(Door):
    """Tokens whose audit trail takes nothing as yet."""

    away = True

    def audit(self, hook, peer, times):
        if self.away:
            raise ConnectionError("a secret")
        super().audit(hook, peer, times)


def test_an_audit_trail_that_cannot_be_written_loses_no_wrong_token(caplog):
    async def play(door):
        async with door.asked(3) as asked:
            assert not any(one.done() for one in asked)
        assert [one.result() for one in asked] == [False] * 3
        assert door.rows == []
        door.away = False
        await door.move(LONGEST)
        async with door.asked(1):
            pass
        assert door.rows == [("/hook", "192.0.2.1", 4)]

    asyncio.run(play(Unwritable()))
    assert {record.getMessage() for record in caplog.records} == {"audit_failed"}


@scene
async def test_the_token_is_read_from_the_database_but_twice_a_second(door):
    for _ in range(100):
        assert await door.ask(RIGHT)
    assert door.reads == 1
    await door.move(REMEMBERED + 0.01)
    assert all(await asyncio.gather(*(door.ask(RIGHT) for _ in range(100))))
    assert door.reads == 2


@scene
async def test_an_old_token_is_refused_within_a_second_of_the_new_one(door):
    assert await door.ask(RIGHT)
    door.right = "the-new-token"
    await door.move(0.99)
    asked = door.ask(RIGHT)
    await door.rest()
    await door.move(SHORTEST)
    assert await asked is False


@scene
async def test_a_new_token_is_right_at_once(door):
    assert await door.ask(RIGHT)
    door.right = "the-new-token"
    await door.move(0.1)
    assert await asyncio.wait_for(door.ask("the-new-token"), LIMIT) is True
    assert door.wrong == 0


@scene
async def test_a_flood_of_wrong_tokens_does_not_keep_the_database_busy(door):
    async with door.asked(MOST_WAITING):
        assert door.reads == 1


@scene
async def test_what_is_wrong_with_the_database_is_not_taken_for_a_wrong_token(door):
    def broken():
        raise OSError

    door.tokens = Tokens(Keeper(broken, door.audit, door.count, lambda: door.now, door.sleep))
    with pytest.raises(OSError):  # noqa: PT011 - it has no text
        await door.ask(RIGHT)
    assert door.wrong == 0


class Away(Door):
    """Tokens whose database takes its time to say that it is away."""

    away = True

    def read(self):
        super().read()
        if self.away:
            time.sleep(0.1)
            raise ConnectionError("away")
        return self.right


def faults(answers):
    return [type(one) for one in answers]


def test_all_who_wait_for_a_database_that_is_away_are_told_at_once():
    async def play(door):
        asked = [door.ask(given) for given in [RIGHT] * 5 + ["wrong"] * 5]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert faults(answers) == [ConnectionError] * 10
        assert (door.reads, door.wrong) == (1, 0)

    asyncio.run(play(Away()))


def test_that_the_database_is_away_is_remembered_for_a_second():
    async def play(door):
        await asyncio.gather(door.ask(RIGHT), return_exceptions=True)
        door.away = False
        door.now += 0.9
        assert faults(await asyncio.gather(door.ask(RIGHT), return_exceptions=True)) == [
            ConnectionError
        ]
        assert door.reads == 1
        door.now += 0.2
        assert await door.ask(RIGHT) is True
        assert door.reads == 2

    asyncio.run(play(Away()))


def test_a_token_that_was_read_in_time_is_right_while_the_database_is_away():
    async def play(door):
        door.away = False
        assert await door.ask(RIGHT) is True
        door.away = True
        door.now += REMEMBERED - 0.1
        answers = await asyncio.gather(door.ask("wrong"), door.ask(RIGHT), return_exceptions=True)
        assert faults(answers) == [ConnectionError, bool]

    asyncio.run(play(Away()))


def test_a_fault_that_is_told_again_and_again_does_not_grow():
    async def play(door):
        for _ in range(50):
            (error,) = await asyncio.gather(door.ask(RIGHT), return_exceptions=True)
        depth = len(traceback.extract_tb(error.__traceback__))
        assert depth < 10

    asyncio.run(play(Away()))

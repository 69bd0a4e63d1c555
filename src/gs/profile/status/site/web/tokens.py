# SPDX-License-Identifier: MIT
"""Checks the token of a call, and slows down whoever guesses at it."""

import asyncio
import hmac
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from gs.profile.status.site.logs import Log

#: For how long the token of the database is taken for the right one, in seconds.
REMEMBERED: Final = 0.5
#: The same where the token that was given is another: it may be a new one.
_DOUBTED: Final = 0.05

#: For how long a database that cannot be read is not asked again, in seconds.
_AWAY: Final = 1.0

#: How long an answer to a wrong token waits, in seconds: at first, and at most.
SHORTEST: Final = 0.5
LONGEST: Final = 8.0
#: After so many seconds a wrong token counts for half as much.
_HALF_LIFE: Final = 60.0

#: How many answers to wrong tokens wait at once, at most.
MOST_WAITING: Final = 32
#: Between two rows about wrong tokens in the audit trail, in seconds.
_BETWEEN_ROWS: Final = 1.0


class TooManyWrongError(Exception):
    """So many wrong tokens are waiting that one more is not even slowed down."""


class Audit(Protocol):
    """Writes wrong tokens down in the audit trail; it may block."""

    def __call__(self, hook: str, peer: str, times: int) -> None:
        """Write down that *times* wrong tokens came, the last to *hook*, from *peer*."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """What the check of the token needs of the site around it.

    *read* returns the right token from the database, and may block; *wrong* is told of each
    wrong one. *clock* is monotonic, in seconds.
    """

    read: Callable[[], str | None]
    audit: Audit
    wrong: Callable[[], None]
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    log: Log = field(default_factory=Log)


class Tokens:
    """Compares tokens with the right one; a new right one counts within a second.

    A right token is never slowed down, however many wrong ones there are: guessing is made dear,
    not impossible, and what makes it hopeless is a token of 128 bits or more.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._reading = asyncio.Lock()
        self._right: str | None = None
        self._read_at = -math.inf
        self._fault: Exception | None = None
        self._failed_at = -math.inf
        self._wrong = _Recent()
        self._waiting = 0
        self._untold = 0
        self._told_at = -math.inf

    async def check(self, given: str, hook: str, peer: str) -> bool:
        """Return whether *given* is the right token; the answer to a wrong one takes its time.

        *hook* and *peer*, the address of the client, are for the audit trail. An empty token is
        a form that was not filled in: it is wrong at once. Raises :exc:`TooManyWrongError`,
        and what the database raises.
        """
        if not given:
            return False
        if await self._is_right(given, REMEMBERED) or await self._is_right(given, _DOUBTED):
            return True
        await self._slow_down(hook, peer)
        return False

    async def _is_right(self, given: str, age: float) -> bool:
        if self._keeper.clock() - self._read_at > age:
            await self._read(age)
        if not self._right:
            return False
        # The time that it takes does not say how much of the token was right.
        return hmac.compare_digest(_octets(given), _octets(self._right))

    async def _read(self, age: float) -> None:
        async with self._reading:
            now = self._keeper.clock()
            if now - self._read_at <= age:  # somebody else has read it in the meantime
                return
            if self._fault and now - self._failed_at <= _AWAY:
                # One attempt answers all who waited for it: each takes as long as the next.
                raise self._fault.with_traceback(None)
            await self._try_to_read(now)

    async def _try_to_read(self, now: float) -> None:
        try:
            self._right = await run_in_threadpool(self._keeper.read)
        except Exception as error:
            self._fault, self._failed_at = error, self._keeper.clock()
            raise
        self._read_at, self._fault = now, None

    async def _slow_down(self, hook: str, peer: str) -> None:
        self._keeper.wrong()
        self._untold += 1
        delay = self._wrong.add(self._keeper.clock())
        if self._waiting >= MOST_WAITING:
            raise TooManyWrongError
        self._waiting += 1
        try:
            await self._tell(hook, peer)
            await self._keeper.sleep(delay)
            # Of those that came meanwhile, too many of them or too soon after the last row.
            await self._tell(hook, peer)
        finally:
            self._waiting -= 1

    async def _tell(self, hook: str, peer: str) -> None:
        now, times = self._keeper.clock(), self._untold
        if times and now - self._told_at >= _BETWEEN_ROWS:
            self._told_at = now
            self._untold = 0
            try:
                await run_in_threadpool(self._keeper.audit, hook, peer, times)
            except Exception as error:  # noqa: BLE001 - the token is wrong, whatever it is
                self._untold += times
                self._keeper.log.failure("audit_failed", error)


def peer_of(request: Request) -> str:
    """Return the address of the client; it is empty where there is none: at a Unix socket."""
    return request.client.host if request.client else ""


class _Recent:
    """How many wrong tokens came of late, the older ones counting for less."""

    def __init__(self) -> None:
        self._sum = 0.0
        self._moment = -math.inf

    def add(self, now: float) -> float:
        """Count one more, and return for how long its answer waits, in seconds."""
        self._sum = self._sum * 0.5 ** ((now - self._moment) / _HALF_LIFE) + 1
        self._moment = now
        # Twice as long for each; the exponent is held down, as powers of a flood overflow.
        return min(LONGEST, SHORTEST * math.exp2(min(self._sum - 1, 10.0)))


def _octets(token: str) -> bytes:
    # Any string is compared, half of a surrogate pair too.
    return token.encode("utf-8", "surrogatepass")

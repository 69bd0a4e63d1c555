# SPDX-License-Identifier: MIT
"""Checks the token of a call, and limits how fast a client can try wrong ones."""

import asyncio
import hmac
import math
import time
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from gs.profile.status.site.logs import Log

#: How long the token from the database is used without reading it again, in seconds.
REMEMBERED: Final = 0.5
#: The same where the given token differs: the database may have a new one.
_REMEMBERED_IN_DOUBT: Final = 0.05

#: How long an error of the database answers further calls, in seconds.
_ERROR_REMEMBERED: Final = 1.0

#: The answer to a wrong token waits so long, in seconds. It is also the time between two rows in
#: the audit trail, so that each wrong token that waits is in the trail before its answer.
DELAY: Final = 1.0
#: At most so many answers to wrong tokens wait at once.
MAX_WAITING: Final = 32


class TooManyWrongError(Exception):
    """The maximum of answers to wrong tokens already wait."""


class Audit(Protocol):
    """Adds a row about wrong tokens to the audit trail; it may block."""

    def __call__(self, hook: str, peer: str, times: int) -> None:
        """Record *times* wrong tokens; the last was posted to *hook* by the address *peer*."""


class Tokens:
    """Compares tokens with the one in the database; a change there counts within a second.

    A token has 128 bits or more, so nobody can guess it. The delay and the limit only bound what
    a flood of wrong tokens costs. The check of the right token never waits for wrong ones.

    *read* returns the token in the database; it may block. *count_wrong* is called for each wrong
    token. *clock* is monotonic, in seconds.
    """

    def __init__(
        self,
        *,
        read: Callable[[], str | None],
        audit: Audit,
        count_wrong: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._read_token = read
        self._audit = audit
        self._count_wrong = count_wrong
        self._clock = clock
        self._sleep = sleep
        self._reading = asyncio.Lock()
        self._right: str | None = None
        self._read_at = -math.inf
        self._error: Exception | None = None
        self._failed_at = -math.inf
        self._waiting = 0
        self._unrecorded = 0
        self._recorded_at = -math.inf

    async def check(self, given: str, hook: str, peer: str) -> bool:
        """Return whether *given* is the right token; for a wrong one, only after a delay.

        The audit trail gets *hook* and *peer*, the address of the client. An empty token means
        that the form was not filled in: it is wrong, without delay or audit. Raises
        :exc:`TooManyWrongError`, and what the database raises.
        """
        if not given:
            return False
        for age in (REMEMBERED, _REMEMBERED_IN_DOUBT):
            await self._refresh(age)
            # The time of the comparison does not depend on how much of the token is right.
            if self._right and hmac.compare_digest(_octets(given), _octets(self._right)):
                return True
        self._count_wrong()
        self._unrecorded += 1
        if self._waiting >= MAX_WAITING:
            raise TooManyWrongError
        self._waiting += 1
        try:
            await self._sleep(DELAY)
            await self._record(hook, peer)
        finally:
            self._waiting -= 1
        return False

    async def _refresh(self, age: float) -> None:
        if self._clock() - self._read_at <= age:
            return
        async with self._reading:
            now = self._clock()
            if now - self._read_at <= age:  # another call read it while this one waited
                return
            if self._error and now - self._failed_at <= _ERROR_REMEMBERED:
                # One attempt answers all calls that waited for it: none waits for another one.
                # Without its traceback, which would grow with each call that raises it.
                raise self._error.with_traceback(None)
            try:
                self._right = await run_in_threadpool(self._read_token)
            except Exception as error:
                self._error, self._failed_at = error, self._clock()
                raise
            self._read_at, self._error = now, None

    async def _record(self, hook: str, peer: str) -> None:
        now, times = self._clock(), self._unrecorded
        if not times or now - self._recorded_at < DELAY:
            return
        self._recorded_at = now
        self._unrecorded = 0
        try:
            await run_in_threadpool(self._audit, hook, peer, times)
        except Exception as error:  # noqa: BLE001 - the token is wrong, whatever the error is
            self._unrecorded += times
            Log().failure("audit_failed", error)


def peer_of(request: Request) -> str:
    """Return the address of the client; it is empty for a client at a Unix socket."""
    return request.client.host if request.client else ""


def _octets(token: str) -> bytes:
    # Any string can be compared, also one with half of a surrogate pair.
    return token.encode("utf-8", "surrogatepass")

# SPDX-License-Identifier: MIT
"""Says whether the site is well, to whoever restarts it or sends it requests."""

import asyncio
from collections.abc import Callable
from typing import Final

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gs.profile.status.site.logs import Log
from gs.profile.status.site.store.database import Engine, ping

#: For how long the database may take to answer, in seconds.
SLOWEST: Final = 1.0


class Health:
    """Whether the database answers, and whether calls are worked on, which *at_work* tells."""

    def __init__(self, engine: Engine, at_work: Callable[[], bool], log: Log) -> None:
        self._engine = engine
        self._at_work = at_work
        self._log = log
        self._stopping = False
        # However often it is asked, one thread at most waits for a database that hangs. It is of
        # its own: all those that work for calls may hang as well.
        self._asking: asyncio.Task[Exception | None] | None = None
        self._limiter = anyio.CapacityLimiter(1)

    def stop(self) -> None:
        """Say from now on that the site stops."""
        self._stopping = True

    async def answer(self, _request: Request) -> Response:
        """Answer 200 where all is well, else 503 with the parts that are not."""
        if self._stopping:
            return JSONResponse({"status": "stopping"}, 503)
        failing = [] if await self._database_answers() else ["database"]
        if not self._at_work():
            failing.append("dispatcher")
        if failing:
            return JSONResponse({"status": "failing", "parts": failing}, 503)
        return JSONResponse({"status": "ok"})

    async def _database_answers(self) -> bool:
        asking = self._asking
        if asking is None or asking.done():
            asking = self._asking = asyncio.create_task(
                anyio.to_thread.run_sync(self._ask, abandon_on_cancel=True, limiter=self._limiter)
            )
        # Whoever has waited long enough leaves it to those who ask after them.
        done, _ = await asyncio.wait([asking], timeout=SLOWEST)
        error = asking.result() if done else TimeoutError()
        if error:
            self._log.failure("database_failed", error)
        return error is None

    def _ask(self) -> Exception | None:
        try:
            ping(self._engine)
        except Exception as error:  # noqa: BLE001 - whatever it is, the database is not well
            return error
        return None

# SPDX-License-Identifier: MIT
"""Answers whether the site works, for what restarts it or sends it requests."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gs.profile.status.site.logs import Log
from gs.profile.status.site.store.database import Engine, ping

#: The database has so long to answer, in seconds.
SLOWEST: Final = 1.0
#: The name of the thread that asks the database begins so.
THREAD: Final = "health"


class Health:
    """Whether the database answers, and whether the dispatcher works, by *is_dispatching*."""

    def __init__(self, engine: Engine, is_dispatching: Callable[[], bool], log: Log) -> None:
        self._engine = engine
        self._is_dispatching = is_dispatching
        self._log = log
        self._stopping = False
        # A thread of its own, because a database that hangs may block all those that serve calls.
        # A single one, so that many checks of such a database block no more than one thread.
        self._thread = ThreadPoolExecutor(1, THREAD)
        self._check: asyncio.Future[Exception | None] | None = None

    def stop(self) -> None:
        """Answer from now on that the site stops."""
        self._stopping = True

    async def answer(self, _request: Request) -> Response:
        """Answer 200 if all parts work, else 503 with those that do not."""
        if self._stopping:
            return JSONResponse({"status": "stopping"}, 503)
        failing = [] if await self._database_answers() else ["database"]
        if not self._is_dispatching():
            failing.append("dispatcher")
        if failing:
            return JSONResponse({"status": "failing", "parts": failing}, 503)
        return JSONResponse({"status": "ok"})

    async def _database_answers(self) -> bool:
        check = self._check
        if check is None or check.done():
            loop = asyncio.get_running_loop()
            check = self._check = loop.run_in_executor(self._thread, self._ping)
        # A request that waited long enough leaves the check to the requests after it.
        done, _ = await asyncio.wait([check], timeout=SLOWEST)
        error = check.result() if done else TimeoutError()
        if error:
            self._log.failure("database_failed", error)
        return error is None

    def _ping(self) -> Exception | None:
        try:
            ping(self._engine)
        except Exception as error:  # noqa: BLE001 - whatever it is, the database does not work
            return error
        return None

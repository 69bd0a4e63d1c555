# SPDX-License-Identifier: MIT
"""Says whether the site is well, to whoever restarts it or sends it requests."""

import asyncio
from collections.abc import Callable
from typing import Final

import anyio
from sqlalchemy import Engine, text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gs.profile.status.site.logs import Log

#: For how long the database may take to answer, in seconds.
SLOWEST: Final = 1.0


class Health:
    """Whether the database answers, and whether calls are worked on, which *at_work* tells."""

    def __init__(self, engine: Engine, at_work: Callable[[], bool], log: Log) -> None:
        self._engine = engine
        self._at_work = at_work
        self._log = log
        self._stopping = False
        # However often it is asked, one thread at most waits for a database that hangs.
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
        try:
            async with asyncio.timeout(SLOWEST):
                await anyio.to_thread.run_sync(
                    self._ask, abandon_on_cancel=True, limiter=self._limiter
                )
        except Exception as error:  # noqa: BLE001 - whatever it is, the database is not well
            self._log.failure("database_failed", error)
            return False
        return True

    def _ask(self) -> None:
        with self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

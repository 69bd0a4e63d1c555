# SPDX-License-Identifier: MIT
"""Sees each request through: counts it, writes it to the log, and outlives its faults."""

import asyncio
import time
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gs.profile.status.site.logs import Log

from .metrics import Metrics

#: What is counted for a client that went away before it had its answer, as nginx does.
GONE: Final = 499
#: What is answered after a fault. The server closes the connection then: who is told does not use
#: it again.
BROKEN: Final = PlainTextResponse("Internal Server Error", 500, headers={"Connection": "close"})
# What is asked for where there is nothing: its path may be anything.
_NOWHERE: Final = "-"


class Watched:
    """An application whose requests are counted and logged by route, never by path.

    What it raises ends here: the log has what and where, and nothing of its text.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, log: Log) -> None:
        self._app = app
        self._metrics = metrics
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does; 500 if it has no answer."""
        status = 0
        began = time.perf_counter()

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except ClientDisconnect:
            status = GONE
        except asyncio.CancelledError:
            # The site stops, and its patience is over. Nobody can say what became of the
            # request: not 503, which would say that nothing did.
            self._log.warning("request_cut", route=_route(scope))
            if not status:
                await BROKEN(scope, receive, sent)
        except Exception as error:  # noqa: BLE001 - there is nobody above but the server
            self._log.failure("request_failed", error, route=_route(scope))
            if not status:
                await BROKEN(scope, receive, sent)
        finally:
            self._end(scope, status or GONE, time.perf_counter() - began)

    def _end(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        self._metrics.requested(route, status, seconds)
        self._log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            seconds=round(seconds, 4),
        )


def _route(scope: Scope) -> str:
    # Starlette leaves the route that it has found in the scope.
    return getattr(scope.get("route"), "path", _NOWHERE)

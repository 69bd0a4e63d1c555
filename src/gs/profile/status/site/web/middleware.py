# SPDX-License-Identifier: MIT
"""The middleware of the application: whole bodies, the access log, metrics, security headers."""

import asyncio
import time
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gs.profile.status.site.logs import Log

from .forms import LARGEST
from .health import Health
from .metrics import Metrics

#: What an answer gets that says nothing else itself; a page has a policy of its own.
#: Strict-Transport-Security is for whoever has the certificate: the server in front.
SECURITY_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (
        b"content-security-policy",
        b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


class SecurityHeaders:
    """An application whose answers have :data:`SECURITY_HEADERS`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with more header fields."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                message["headers"] = given + [
                    header for header in SECURITY_HEADERS if header[0] not in names
                ]
            await send(message)

        await self._app(scope, receive, sent)


#: For how long a body may take to arrive, in seconds.
SLOWEST: Final = 10.0

# The connection cannot be used again: the rest of the body may still come.
_CLOSE: Final = {"Connection": "close"}


class BodyLimit:
    """An application that is asked only when the whole body is there.

    A client that goes away meanwhile is :exc:`ClientDisconnect`.
    """

    def __init__(self, app: ASGIApp, slowest: float = SLOWEST) -> None:
        self._app = app
        self._slowest = slowest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, or 413 or 408 (RFC 9110, 15.5)."""
        headers = Headers(scope=scope)
        length = headers.get("content-length")
        if not length and "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        # The server has seen to it that it is a number.
        if int(length or 0) > LARGEST:
            await _too_large()(scope, receive, send)
            return
        await self._taken_in(scope, receive, send)

    async def _taken_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self._slowest):
                body = await _read(receive)
        except TimeoutError:
            said = PlainTextResponse("The form comes too slowly.\n", 408, headers=_CLOSE)
            await said(scope, receive, send)
            return
        if body is None:
            await _too_large()(scope, receive, send)
            return
        await self._app(scope, _Replay(body, receive).receive, send)


class _Replay:
    """A receiving end that gives the body at once, and then what comes after it."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def receive(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


async def _read(receive: Receive) -> bytes | None:
    # ``None`` stands for too much.
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > LARGEST:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _too_large() -> Response:
    return PlainTextResponse("The form is too large.\n", 413, headers=_CLOSE)


#: What is counted for a client that went away before it had its answer, as nginx does.
GONE: Final = 499
#: What is answered after a fault. The server closes the connection then: who is told does not use
#: it again.
BROKEN: Final = PlainTextResponse("Internal Server Error", 500, headers={"Connection": "close"})
# What is asked for where there is nothing: its path may be anything.
_NOWHERE: Final = "-"


class AccessLog:
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


HEALTH_URI: Final = "/healthz"
METRICS_URI: Final = "/metrics"


def with_middleware(app: ASGIApp, metrics: Metrics, log: Log) -> ASGIApp:
    """Return *app* with all that a service has to have; only HTTP gets to its guards."""
    outer = SecurityHeaders(AccessLog(BodyLimit(app), metrics, log))

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        await (outer if scope["type"] == "http" else app)(scope, receive, send)

    return guard


def service_routes(health: Health, metrics: Metrics) -> list[Route]:
    """Return the routes for those who look after the service; no member needs them."""
    return [Route(HEALTH_URI, health.answer), Route(METRICS_URI, metrics.answer)]

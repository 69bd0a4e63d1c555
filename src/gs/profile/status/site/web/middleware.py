# SPDX-License-Identifier: MIT
"""The middleware of the application: security headers, access log, metrics, whole bodies."""

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

HEALTH_URI: Final = "/healthz"
METRICS_URI: Final = "/metrics"


def service_routes(health: Health, metrics: Metrics) -> list[Route]:
    """Return the routes for the administrators of the service; members do not need them."""
    return [Route(HEALTH_URI, health.answer), Route(METRICS_URI, metrics.answer)]


def with_middleware(app: ASGIApp, metrics: Metrics, log: Log) -> ASGIApp:
    """Return *app* behind all middleware; requests other than HTTP go to *app* directly."""
    outer = SecurityHeaders(AccessLog(BodyLimit(app), metrics, log))

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await (outer if scope["type"] == "http" else app)(scope, receive, send)

    return dispatch


#: Added to each answer that does not have them; a page has a policy of its own.
#: Strict-Transport-Security belongs to the server in front, which has the certificate.
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

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                names = {name.lower() for name, _ in own}
                message["headers"] = own + [
                    header for header in SECURITY_HEADERS if header[0] not in names
                ]
            await send(message)

        await self._app(scope, receive, send_with_headers)


#: The status in log and metrics for a client that closed the connection early, as in nginx.
CLIENT_CLOSED: Final = 499
#: The answer after an error. The server then closes the connection, so the client must not reuse
#: it.
INTERNAL_ERROR: Final = PlainTextResponse(
    "Internal Server Error", 500, headers={"Connection": "close"}
)
# The route of a request that has none: its path may be anything, and is not logged.
_NO_ROUTE: Final = "-"


class AccessLog:
    """An application whose requests are counted and logged by route, never by path.

    It ends the exceptions of the application: the log gets their types and places, never their
    texts.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, log: Log) -> None:
        self._app = app
        self._metrics = metrics
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does; 500 if it does not answer."""
        status = 0
        start = time.perf_counter()

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except ClientDisconnect:
            status = CLIENT_CLOSED
        except asyncio.CancelledError:
            # The grace of the stopping site is over. The result of the request is unknown, so the
            # answer is not 503, which would mean that nothing was done.
            self._log.warning("request_cut", route=_route(scope))
            if not status:
                await INTERNAL_ERROR(scope, receive, send_and_note)
        except Exception as error:  # noqa: BLE001 - above it is only the server
            self._log.failure("request_failed", error, route=_route(scope))
            if not status:
                await INTERNAL_ERROR(scope, receive, send_and_note)
        finally:
            seconds = time.perf_counter() - start
            self._record(scope, status or CLIENT_CLOSED, seconds)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
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
    # Starlette adds the route to the scope.
    return getattr(scope.get("route"), "path", _NO_ROUTE)


#: A body has so long to arrive, in seconds.
SLOWEST: Final = 10.0

# The connection cannot be used again: the rest of the body may still arrive.
_CLOSE: Final = {"Connection": "close"}


class BodyLimit:
    """An application that is called only when the whole body has arrived.

    Raises :exc:`ClientDisconnect` if the client closes the connection before.
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
        # The server refuses a length that is not a number.
        if int(length or 0) > LARGEST:
            await _too_large()(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._slowest):
                body = await _read(receive)
        except TimeoutError:
            answer = PlainTextResponse("The form comes too slowly.\n", 408, headers=_CLOSE)
            await answer(scope, receive, send)
            return
        if body is None:
            await _too_large()(scope, receive, send)
            return
        await self._app(scope, _Replay(body, receive).receive, send)


class _Replay:
    """A receive function that returns the whole body first, then what follows it."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def receive(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


async def _read(receive: Receive) -> bytes | None:
    # Returns None for a body that is too large.
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

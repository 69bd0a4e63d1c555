# SPDX-License-Identifier: MIT
"""Takes in the body of a request before it is worked on: neither too large nor too slow."""

import asyncio
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .forms import LARGEST

#: For how long a body may take to arrive, in seconds.
SLOWEST: Final = 10.0

# The connection cannot be used again: the rest of the body may still come.
_CLOSE: Final = {"Connection": "close"}


class WholeBodies:
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

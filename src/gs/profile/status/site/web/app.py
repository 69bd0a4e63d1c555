# SPDX-License-Identifier: MIT
"""The ASGI application: its routes, and the answers to errors."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from gs.profile.status.hooks import MEMBERS_URI, SEND_URI

from .hooks import Hooks
from .middleware import INTERNAL_ERROR
from .tokens import TooManyWrongError

_ABOUT: Final = """\
This is a GroupServer site for sendprofile: it has two web hooks, and a page for each member.

    sendprofile -c gsconfig.ini URL

mails every member "What is happening in your groups", once a month.
"""


def make_app(
    hooks: Hooks, *, routes: Sequence[BaseRoute] = (), close: Callable[[], None]
) -> Starlette:
    """Return the application with the *hooks* and further *routes*.

    It calls *close* at its end, when all requests are answered; *close* may block.
    """
    handlers = {
        TooManyWrongError: _too_many,
        ClientDisconnect: _gone,
        Exception: _broken,
    }
    own = [
        Route(SEND_URI, hooks.send, methods=["POST"]),
        Route(MEMBERS_URI, hooks.members, methods=["POST"]),
        Route("/", _about),
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(close)

    app = Starlette(routes=[*own, *routes], exception_handlers=handlers, lifespan=lifespan)
    # Never redirect a call of the send hook: a client that follows would call twice.
    app.router.redirect_slashes = False
    return app


def _about(_request: Request) -> Response:
    return PlainTextResponse(_ABOUT)


def _too_many(_request: Request, _error: Exception) -> Response:
    said = "Too many calls with a wrong token.\n"
    return PlainTextResponse(said, 429, headers={"Retry-After": "10"})


def _gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it


def _broken(_request: Request, _error: Exception) -> Response:
    return INTERNAL_ERROR

# SPDX-License-Identifier: MIT
"""The ASGI application: its routes, its errors, and what answers them, in one list."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from gs.profile.status.hooks import KEY_HEADER, MEMBERS_URI, SEND_URI
from gs.profile.status.site.dispatch import (
    InDoubtError,
    InProgressError,
    NotNotifiedError,
    OtherFormError,
)

from .hooks import Hooks
from .middleware import BROKEN
from .tokens import TooManyWrongError

_ABOUT: Final = """\
This is a GroupServer site for sendprofile: it has two web hooks, and a page for each member.

    sendprofile -c gsconfig.ini URL

mails every member "What is happening in your groups", once a month.
"""
_DOUBT: Final = """\
It is not known whether the mail server took this member's notification: it, the site or the
connection between them failed in the middle. So it is not sent again. The log of the mail server
knows more about {message_id}; "sendprofile-site doubts" then settles it.
"""


def make_app(
    hooks: Hooks, *, routes: Sequence[BaseRoute] = (), close: Callable[[], None]
) -> Starlette:
    """Return the application with the *hooks*, and with further *routes*.

    *close* is called at its end, when all requests are answered; it may block.
    """
    handlers = {
        NotNotifiedError: _later,
        InProgressError: _in_progress,
        OtherFormError: _other_form,
        InDoubtError: _in_doubt,
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
    # A call of the send hook is never sent elsewhere: whoever follows would call twice.
    app.router.redirect_slashes = False
    return app


def _about(_request: Request) -> Response:
    return PlainTextResponse(_ABOUT)


def _later(_request: Request, error: Exception) -> Response:
    assert isinstance(error, NotNotifiedError)  # noqa: S101 - it is registered for this one
    headers = {"Retry-After": str(error.retry_after)}
    return PlainTextResponse(f"Nobody was mailed. {error}\n", status_code=503, headers=headers)


def _in_progress(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse(f"{KEY_HEADER}: the call with this key is being worked on.\n", 409)


def _other_form(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse(f"{KEY_HEADER}: this key came with another form before.\n", 422)


def _in_doubt(_request: Request, error: Exception) -> Response:
    return PlainTextResponse(_DOUBT.format(message_id=error), 500)


def _too_many(_request: Request, _error: Exception) -> Response:
    said = "Too many calls with a wrong token.\n"
    return PlainTextResponse(said, 429, headers={"Retry-After": "10"})


def _gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it


def _broken(_request: Request, _error: Exception) -> Response:
    return BROKEN

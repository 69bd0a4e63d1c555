# SPDX-License-Identifier: MIT
"""The ASGI application: its routes, its errors, and what answers them."""

import json
from collections.abc import Callable, Iterator
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from gs.profile.status.hooks import (
    KEY_HEADER,
    LIFETIME_HEADER,
    MEMBERS_URI,
    SEND_URI,
    Field,
    Period,
    Reply,
    write_refusal,
    write_reply,
)

from .forms import Complaint, missing, read_form, read_period, wrong_token
from .keyed import read_call
from .notification import NotHandedOverError, Notifier
from .once import CallInProgressError, Once, OtherFormError
from .store.calls import Call
from .store.members import list_members
from .store.options import Option, read_option

_ABOUT: Final = """\
This is a GroupServer site for sendprofile: it has two web hooks, and no pages.

    sendprofile -c gsconfig.ini URL

mails every member "What is happening in your groups", once a month.
"""
#: For how long, at least, the site remembers a key, in seconds: 90 days.
KEY_LIFETIME: Final = 90 * 86_400

_IDS_AT_A_TIME: Final = 2_000
_SECONDS_LATER: Final = "60"


def make_app(notifier: Notifier, default_period: Callable[[], Period]) -> Starlette:
    """Return the application; *default_period* is asked when a form names no period."""
    hooks = _Hooks(notifier, default_period)
    routes = [
        Route("/", _about),
        Route(MEMBERS_URI, hooks.members, methods=["POST"]),
        Route(SEND_URI, hooks.send, methods=["POST"]),
    ]
    handlers = {
        NotHandedOverError: _later,
        CallInProgressError: _in_progress,
        OtherFormError: _other_form,
        Exception: _broken,
    }
    return Starlette(routes=routes, exception_handlers=handlers)


class _Hooks:
    def __init__(self, notifier: Notifier, default_period: Callable[[], Period]) -> None:
        self._notifier = notifier
        self._once = Once(notifier)
        self._default_period = default_period

    async def members(self, request: Request) -> Response:
        """Answer with the IDs of all members."""
        form = await read_form(request)
        if Field.GET not in form:
            return _description("Get the members", Field.GET, Field.TOKEN)
        complaints = await run_in_threadpool(self._complaints, form, Field.TOKEN)
        if complaints:
            return _refusal(complaints)
        headers = {LIFETIME_HEADER: str(KEY_LIFETIME)}
        return StreamingResponse(self._listed(), headers=headers, media_type="application/json")

    async def send(self, request: Request) -> Response:
        """Answer with what became of the notification to one member."""
        form = await read_form(request)
        if Field.SEND not in form:
            return _description("Send", Field.SEND, Field.PROFILE_ID, Field.TOKEN)
        fields = (Field.PROFILE_ID, Field.TOKEN)
        complaints = await run_in_threadpool(self._complaints, form, *fields)
        period = read_period(form.get(Field.PERIOD), self._default_period())
        if isinstance(period, Complaint):
            return _refusal([*complaints, period])
        if complaints:
            return _refusal(complaints)
        # The key counts from here on: without the token nothing can be learnt about one.
        call = read_call(request.headers, form)
        reply = await run_in_threadpool(self._notify, form[Field.PROFILE_ID], period, call)
        return _json(write_reply(reply.status, reply.message))

    def _notify(self, user_id: str, period: Period, call: Call | None) -> Reply:
        if call is None:
            return self._notifier.notify(user_id, period)
        return self._once.notify(call, user_id, period)

    def _complaints(self, form: dict[str, str], *fields: Field) -> list[Complaint]:
        complaints = missing(form, *fields)
        if not form.get(Field.TOKEN):
            return complaints
        with self._notifier.engine.connect() as connection:
            right = read_option(connection, Option.TOKEN)
        return [*complaints, *wrong_token(form[Field.TOKEN], right)]

    def _listed(self) -> Iterator[bytes]:
        # A page at a time, each with a query of its own: however long the list and however slow
        # its reader, little memory is used and no transaction is kept open.
        yield b"["
        ids: list[str] = []
        while True:
            last = ids[-1] if ids else ""
            with self._notifier.engine.connect() as connection:
                ids = list_members(connection, after=last, limit=_IDS_AT_A_TIME)
            if not ids:
                break
            yield (", " if last else "").encode() + json.dumps(ids).encode()[1:-1]
        yield b"]"


def _about(_request: Request) -> Response:
    return PlainTextResponse(_ABOUT)


def _description(title: str, action: Field, *arguments: Field) -> Response:
    # An answer without a status: nothing was done, for nothing was asked.
    said = {
        "message": [f"This is a web hook. Post the field {action.value!r} to it to use it."],
        "actions": [{"name": action, "title": title}],
        "arguments": [{"name": name, "required": True} for name in arguments],
    }
    return _json(json.dumps(said).encode())


def _refusal(complaints: list[Complaint]) -> Response:
    return _json(write_refusal(*map(str, complaints)))


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def _later(_request: Request, _error: Exception) -> Response:
    said = "The mail could not be handed over: there is no room for it.\n"
    return PlainTextResponse(said, status_code=503, headers={"Retry-After": _SECONDS_LATER})


def _in_progress(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse(f"{KEY_HEADER}: the call with this key is being worked on.\n", 409)


def _other_form(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse(f"{KEY_HEADER}: this key came with another form before.\n", 422)


def _broken(_request: Request, _error: Exception) -> Response:
    # The server closes the connection after such an answer: who is told does not use it again.
    return PlainTextResponse("Internal Server Error", 500, headers={"Connection": "close"})

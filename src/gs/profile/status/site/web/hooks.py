# SPDX-License-Identifier: MIT
"""The two hooks: who the members are, and the notification of one of them."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gs.profile.status.hooks import LIFETIME_HEADER, Field, Period, write_refusal, write_reply
from gs.profile.status.site.dispatch import Dispatcher, NotNotifiedError, SendRequest
from gs.profile.status.site.store.database import NO_DATABASE, Engine
from gs.profile.status.site.store.members import list_members

from .forms import WRONG_TOKEN, Complaint, missing, read_call, read_form, read_period
from .tokens import Tokens, peer_of

#: For how long, at least, the site remembers a key, in seconds: 90 days.
KEY_LIFETIME: Final = 90 * 86_400

_IDS_AT_A_TIME: Final = 2_000
# Seconds after which the database is worth another try.
_LATER: Final = 10


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of a site; *default_period* is asked when a form names no period.

    What was done in another *scope* counts for nothing here: a trial is not the real thing.
    """

    engine: Engine
    dispatcher: Dispatcher
    tokens: Tokens
    default_period: Callable[[], Period]
    scope: str

    async def members(self, request: Request) -> Response:
        """Answer with the IDs of all members."""
        form = await read_form(request)
        if Field.GET not in form:
            return _description("Get the members", Field.GET, Field.TOKEN)
        complaints = await self._complaints(request, form, Field.TOKEN)
        if complaints:
            return _refusal(complaints)
        headers = {LIFETIME_HEADER: str(KEY_LIFETIME)}
        return StreamingResponse(
            iterate_in_threadpool(self._listed()), headers=headers, media_type="application/json"
        )

    async def send(self, request: Request) -> Response:
        """Answer with what became of the notification to one member."""
        form = await read_form(request)
        if Field.SEND not in form:
            return _description("Send", Field.SEND, Field.PROFILE_ID, Field.TOKEN)
        complaints = await self._complaints(request, form, Field.PROFILE_ID, Field.TOKEN)
        period = read_period(form.get(Field.PERIOD), self.default_period)
        if isinstance(period, Complaint):
            return _refusal([*complaints, period])
        if complaints:
            return _refusal(complaints)
        # The key counts from here on: without the token nothing can be learnt about one.
        call = read_call(request.headers, form, self.scope)
        notice = SendRequest(form[Field.PROFILE_ID], period, call)
        reply = await self.dispatcher.notify(notice)
        return _json(write_reply(reply.status, reply.message))

    async def _complaints(
        self, request: Request, form: Mapping[str, str], *fields: Field
    ) -> list[Complaint]:
        complaints = missing(form, *fields)
        given = form.get(Field.TOKEN)
        try:
            if given and not await self.tokens.check(given, request.url.path, peer_of(request)):
                complaints += WRONG_TOKEN
        except NO_DATABASE as error:
            raise NotNotifiedError("The database does not work.", _LATER) from error
        return complaints

    def _listed(self) -> Iterator[bytes]:
        # A page at a time, each with a query of its own: however long the list and however slow
        # its reader, little memory is used and no transaction is kept open.
        yield b"["
        ids: list[str] = []
        while True:
            last = ids[-1] if ids else ""
            with self.engine.connect() as connection:
                ids = list_members(connection, after=last, limit=_IDS_AT_A_TIME)
            if not ids:
                break
            yield (", " if last else "").encode() + json.dumps(ids).encode()[1:-1]
        yield b"]"


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

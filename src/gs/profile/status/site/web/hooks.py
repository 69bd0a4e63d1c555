# SPDX-License-Identifier: MIT
"""The two hooks: the list of the members, and the notification of one member."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from gs.profile.status.hooks import LIFETIME_HEADER, Field, Period, write_refusal, write_reply
from gs.profile.status.site.dispatch import Dispatcher, NoReply, deferred
from gs.profile.status.site.store.database import NO_DATABASE, Engine
from gs.profile.status.site.store.members import list_members

from .forms import WRONG_TOKEN, Complaint, missing, read_form, read_idempotency_key, read_period
from .tokens import Tokens, peer_of

#: The time for which the site remembers a key, at least, in seconds: 90 days.
KEY_LIFETIME: Final = 90 * 86_400

_IDS_AT_A_TIME: Final = 2_000
# The token is in the database; in 10 seconds that may work again.
_NO_TOKEN: Final = deferred("The database does not work.", 10)


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of a site; *default_period* returns the period of a form that names none.

    A key counts in its *scope* only, so that a trial does not count as the real delivery.
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
        try:
            complaints = await self._complaints(request, form, Field.TOKEN)
        except NO_DATABASE:
            return _no_reply(_NO_TOKEN)
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
        try:
            complaints = await self._complaints(request, form, Field.PROFILE_ID, Field.TOKEN)
        except NO_DATABASE:
            return _no_reply(_NO_TOKEN)
        period = read_period(form.get(Field.PERIOD), self.default_period)
        if isinstance(period, Complaint):
            return _refusal([*complaints, period])
        if complaints:
            return _refusal(complaints)
        # The key is read after the token: without the token nobody learns anything about a key.
        key = read_idempotency_key(request.headers, form, self.scope)
        answer = await self.dispatcher.send(form[Field.PROFILE_ID], period, key)
        if isinstance(answer, NoReply):
            return _no_reply(answer)
        return _json(write_reply(answer.status, answer.message))

    async def _complaints(
        self, request: Request, form: Mapping[str, str], *fields: Field
    ) -> list[Complaint]:
        complaints = missing(form, *fields)
        given = form.get(Field.TOKEN)
        if given and not await self.tokens.check(given, request.url.path, peer_of(request)):
            complaints += WRONG_TOKEN
        return complaints

    def _listed(self) -> Iterator[bytes]:
        # One query for each page of the list: with a long list or a slow client, this needs little
        # memory and keeps no transaction open.
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
    # The answer has no status: the form asks for nothing, so that nothing was done.
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


def _no_reply(answer: NoReply) -> Response:
    retry = {} if answer.retry_after is None else {"Retry-After": str(answer.retry_after)}
    return PlainTextResponse(answer.text, answer.status, headers=retry)

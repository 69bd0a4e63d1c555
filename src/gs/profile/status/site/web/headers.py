# SPDX-License-Identifier: MIT
"""Adds to each answer the header fields that keep browsers from doing harm with it."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

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

# SPDX-License-Identifier: MIT
"""One connection to the mail server of the tests: aiosmtpd with a script for each stage."""

import asyncio
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP, AuthResult


class Stage(StrEnum):
    """A stage of a session that can be scripted."""

    GREETING = "GREETING"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    TEXT = "TEXT"
    END = "END"
    RSET = "RSET"
    NOOP = "NOOP"
    QUIT = "QUIT"


class Fault(Enum):
    """A fault in place of a reply."""

    CLOSE = "close it"
    RESET = "reset it, without a word on the transport either"
    SILENCE = "say nothing until the client goes"
    TAKEN = "accept the mail, and close the connection without a reply"


#: A reply (421 closes the connection), a fault, or seconds to wait before the normal reply.
Move = str | Fault | float


@dataclass(frozen=True, slots=True)
class Received:
    """An accepted mail as on the wire, without dot-stuffing."""

    mail_from: str
    recipients: tuple[str, ...]
    content: bytes
    options: tuple[str, ...]
    tls: bool
    user: str | None
    connection: int


class Host(Protocol):
    """The server as seen by its connections."""

    offers: Any
    mails: list[Received]
    commands: list[str]

    def move(self, stage: Stage, to: str | None = None) -> Move | None: ...
    def enter(self, session: "Session") -> int: ...
    def leave(self, session: "Session") -> None: ...


class SessionEnded(Exception):  # noqa: N818 - it is no error of the server's
    """The script has ended the connection."""


class Session(SMTP):
    """Follows the script of its *host*, and behaves normally without one."""

    def __init__(self, host: Host, loop: asyncio.AbstractEventLoop) -> None:
        offers = host.offers
        super().__init__(
            self,
            loop=loop,
            hostname="mx.example.org",
            ident="ready",
            enable_SMTPUTF8="SMTPUTF8" not in offers.without,
            data_size_limit=offers.size,
            tls_context=None if offers.implicit else offers.tls,
            auth_require_tls=not offers.implicit,
            auth_exclude_mechanism={"PLAIN", "LOGIN"}.difference(offers.mechanisms),
            authenticator=self._authenticate_user,
        )
        # As an argument it causes a warning if the whole connection uses TLS.
        self._auth_required = bool(offers.users)
        self._host = host
        self._number = 0

    def connection_made(self, transport):
        if not self._number:
            self._number = self._host.enter(self)
        super().connection_made(transport)

    def connection_lost(self, error):
        super().connection_lost(error)
        self._host.leave(self)

    def end(self):
        """End the connection now; return the task to wait for."""
        if self.transport is not None:
            # Nothing remains to be written; closing TLS would wait for the client.
            self.transport.abort()
        self._handler_coroutine.cancel()
        return self._handler_coroutine

    async def _handle_client(self):
        try:
            if not await self._scripted(Stage.GREETING):
                await super()._handle_client()
        except SessionEnded:
            pass

    async def handle_exception(self, error):
        # The library calls this for every exception of a command, and continues.
        raise error

    async def _scripted(self, stage: Stage, to: str | None = None) -> bool:
        """Return whether the script has handled *stage*."""
        move = self._host.move(stage, to)
        if isinstance(move, float | int):
            await asyncio.sleep(move)
            return False
        if isinstance(move, str):
            await self.push(move)
            if move.startswith("421"):
                self._leave(Fault.CLOSE)
            return True
        if move is Fault.SILENCE:
            await asyncio.Event().wait()
        if move is not None:
            self._leave(move)
        return False

    def _leave(self, fault: Fault) -> None:
        if fault is Fault.RESET:
            self.transport.abort()
        else:
            self.transport.close()
        raise asyncio.CancelledError

    async def _heard(self, stage: Stage, arg: str | None, usual: Any, to: str | None = None):
        self._host.commands.append(f"{stage} {arg or ''}".strip())
        if not await self._scripted(stage, to):
            await usual(arg)

    async def smtp_EHLO(self, arg):  # noqa: N802 - the library's names, here and below
        await self._heard(Stage.EHLO, arg, super().smtp_EHLO)

    async def smtp_STARTTLS(self, arg):  # noqa: N802
        await self._heard(Stage.STARTTLS, arg, super().smtp_STARTTLS)

    async def smtp_AUTH(self, arg):  # noqa: N802
        await self._heard(Stage.AUTH, arg, super().smtp_AUTH)

    async def smtp_MAIL(self, arg):  # noqa: N802
        await self._heard(Stage.MAIL, arg, super().smtp_MAIL)

    async def smtp_RCPT(self, arg):  # noqa: N802
        to = arg.partition("<")[2].partition(">")[0] if arg else None
        await self._heard(Stage.RCPT, arg, super().smtp_RCPT, to)

    async def smtp_RSET(self, arg):  # noqa: N802
        await self._heard(Stage.RSET, arg, super().smtp_RSET)

    async def smtp_NOOP(self, arg):  # noqa: N802
        await self._heard(Stage.NOOP, arg, super().smtp_NOOP)

    async def smtp_QUIT(self, arg):  # noqa: N802
        await self._heard(Stage.QUIT, arg, super().smtp_QUIT)

    async def smtp_DATA(self, arg):  # noqa: N802
        await self._heard(Stage.DATA, arg, self._read_text)

    async def _read_text(self, arg):
        move = self._host.move(Stage.TEXT)
        if move is None:
            await super().smtp_DATA(arg)
            return
        await self.push("354 go on")
        await self._reader.readuntil(b"\r\n")
        if move is Fault.SILENCE:
            await asyncio.Event().wait()
        self._leave(move)

    async def handle_EHLO(self, _server, session, _envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        offered = [line for line in responses if not line[4:].startswith(self._kept_back())]
        offered[-1:] = [] if "PIPELINING" in self._host.offers.without else ["250-PIPELINING"]
        return [*offered, "250 ENHANCEDSTATUSCODES"]

    def _kept_back(self) -> tuple[str, ...]:
        return self._host.offers.without + (() if self._host.offers.users else ("AUTH",))

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802
        received = Received(
            envelope.mail_from,
            tuple(envelope.rcpt_tos),
            envelope.content,
            tuple(envelope.mail_options),
            tls=session.ssl is not None or self._host.offers.implicit,
            user=session.auth_data,
            connection=self._number,
        )
        move = self._host.move(Stage.END)
        if isinstance(move, str):
            if move.startswith("2"):
                self._host.mails.append(received)
            return move
        return await self._end(move, received)

    async def _end(self, move, received):
        if isinstance(move, Fault):
            if move is Fault.SILENCE:
                await asyncio.Event().wait()
            if move is Fault.TAKEN:
                self._host.mails.append(received)
            self._leave(move)
        await asyncio.sleep(move or 0)
        self._host.mails.append(received)
        return "250 2.0.0 taken"

    def _authenticate_user(self, _server, _session, _envelope, _mechanism, data):
        user, password = data.login.decode(), data.password.decode()
        known = self._host.offers.users.get(user) == password
        return AuthResult(success=known, handled=False, auth_data=user if known else None)

# SPDX-License-Identifier: MIT
"""A real mail server on the loopback interface, with a script for each stage."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from limits import LIMIT

from .smtp_session import Fault, Move, Received, Session, Stage

__all__ = ["Fault", "MailServer", "Move", "Received", "Stage", "mail_server"]

_SOON = 0.001


@dataclass(frozen=True, slots=True)
class Offers:
    """The capabilities of the server: *users* with their passwords enable authentication.

    *mechanisms* are the offered mechanisms of AUTH.
    *tls* is the context for STARTTLS, or for the whole connection where *implicit*; *without*
    are keywords of EHLO that it does not offer, such as ``8BITMIME``.
    """

    tls: ssl.SSLContext | None = None
    implicit: bool = False
    users: dict[str, str] = field(default_factory=dict)
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    without: tuple[str, ...] = ()
    size: int = 1 << 25


class MailServer:
    """Listens on *host* and *port*; *mails* are those that it took, in their order.

    It offers 8BITMIME, SMTPUTF8, SIZE and PIPELINING, with a context STARTTLS, with users AUTH.
    """

    host = "127.0.0.1"

    def __init__(self, offers: Offers) -> None:
        self.offers = offers
        self.mails: list[Received] = []
        self.commands: list[str] = []
        self.port = 0
        self.connections = 0
        self._rules: list[tuple[Stage, str | None, Move, list[None]]] = []
        self._sessions: set[Session] = set()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="mail server")

    @property
    def open(self) -> int:
        """The number of open connections."""
        return len(self._sessions)

    def answer(
        self, stage: Stage | str, move: Move, *, to: str | None = None, times: int = 1 << 30
    ) -> None:
        """At *stage*, for the recipient *to* or for any, do *move* this number of *times*.

        Moves are used in the order of the calls. :attr:`Stage.TEXT` is before the final dot, with
        the mail half read; :attr:`Stage.END` is after it. The mail is accepted only if END is
        2xx or a number.
        """
        self._rules.append((Stage(stage), to, move, [None] * min(times, 1 << 16)))

    def behave(self) -> None:
        """Clear the script, and behave normally from now on."""
        self._rules.clear()

    def cut(self) -> None:
        """Close all connections, as a server does with those that are idle for too long."""
        asyncio.run_coroutine_threadsafe(self._end_sessions(), self._loop).result(LIMIT)

    def move(self, stage: Stage, to: str | None = None) -> Move | None:
        """Return the scripted move for a *stage*, and count its use."""
        for rule, recipient, move, left in self._rules:
            if rule is stage and recipient in {None, to} and left:
                left.pop()
                return move
        return None

    def enter(self, session: Session) -> int:
        """Record a connection; return its number, from 1."""
        self._sessions.add(session)
        self.connections += 1
        return self.connections

    def leave(self, session: Session) -> None:
        """Record the end of a connection."""
        self._sessions.discard(session)

    def start(self) -> None:
        """Start to listen."""
        self._thread.start()
        if not self._ready.wait(LIMIT):
            raise TimeoutError("the mail server does not start")

    def stop(self) -> None:
        """Stop listening, end all connections, and wait for the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(LIMIT)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)  # the library needs it
        context = self.offers.tls if self.offers.implicit else None
        listening = self._loop.run_until_complete(
            self._loop.create_server(
                lambda: Session(self, self._loop), self.host, self.port, ssl=context
            )
        )
        self.port = listening.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        listening.close()
        self._loop.run_until_complete(self._end_sessions())
        asyncio.set_event_loop(None)
        self._loop.close()

    async def _end_sessions(self) -> None:
        tasks: list[asyncio.Task[Any]] = [session.end() for session in tuple(self._sessions)]
        for task in tasks:
            await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), LIMIT)
        async with asyncio.timeout(LIMIT):
            while self._sessions:  # noqa: ASYNC110 - the protocols tell no event
                await asyncio.sleep(_SOON)


@contextmanager
def mail_server(**offers: Any) -> Iterator[MailServer]:
    """Run a mail server with these :class:`Offers` during the context."""
    server = MailServer(Offers(**offers))
    server.start()
    try:
        yield server
    finally:
        server.stop()

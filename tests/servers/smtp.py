# SPDX-License-Identifier: MIT
"""A real mail server on the loopback, which says and does at each stage what a test wants."""

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
    """What the server is able to do: *users* and their passwords, which it then asks for.

    By which *mechanisms* of AUTH it asks for them may be chosen.
    *tls* is the context for STARTTLS, or for the whole connection where *implicit*; *without*
    are keywords of EHLO that it keeps to itself, such as ``8BITMIME``.
    """

    tls: ssl.SSLContext | None = None
    implicit: bool = False
    users: dict[str, str] = field(default_factory=dict)
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    without: tuple[str, ...] = ()
    size: int = 1 << 25


class MailServer:
    """Listens on *host* and *port*; *letters* are those that it took, in their order.

    It offers 8BITMIME, SMTPUTF8, SIZE and PIPELINING, with a context STARTTLS, with users AUTH.
    """

    host = "127.0.0.1"

    def __init__(self, offers: Offers) -> None:
        self.offers = offers
        self.letters: list[Received] = []
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
        """How many connections there are now."""
        return len(self._sessions)

    def answer(
        self, stage: Stage | str, move: Move, *, to: str | None = None, times: int = 1 << 30
    ) -> None:
        """At *stage*, for the recipient *to* or for any, do *move* so many *times*.

        What was said first goes first. :attr:`Stage.TEXT` is before the final dot, with the mail
        half read; :attr:`Stage.END` is after it. Only an END of 2xx or a number takes the letter.
        """
        self._rules.append((Stage(stage), to, move, [None] * min(times, 1 << 16)))

    def behave(self) -> None:
        """Forget all that was to be answered, and be a good server from here on."""
        self._rules.clear()

    def cut(self) -> None:
        """Close all connections, as a server does with those that are idle for too long."""
        asyncio.run_coroutine_threadsafe(self._end_sessions(), self._loop).result(LIMIT)

    def move(self, stage: Stage, to: str | None = None) -> Move | None:
        """Return what was to be done at a *stage*, and count that it has been."""
        for rule, recipient, move, left in self._rules:
            if rule is stage and recipient in {None, to} and left:
                left.pop()
                return move
        return None

    def enter(self, session: Session) -> int:
        """Take note of a connection; return its number, from 1."""
        self._sessions.add(session)
        self.connections += 1
        return self.connections

    def leave(self, session: Session) -> None:
        """Take note of its end."""
        self._sessions.discard(session)

    def start(self) -> None:
        """Listen from here on."""
        self._thread.start()
        if not self._ready.wait(LIMIT):
            raise TimeoutError("the mail server does not start")

    def stop(self) -> None:
        """Listen no more, end all connections, and wait for the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(LIMIT)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)  # the library asks for it
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
    """Run a mail server that :class:`Offers` what is named, as long as the context lasts."""
    server = MailServer(Offers(**offers))
    server.start()
    try:
        yield server
    finally:
        server.stop()

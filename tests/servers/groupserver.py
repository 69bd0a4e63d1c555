# SPDX-License-Identifier: MIT
"""A GroupServer site in threads of this process that records requests and mails."""

import ssl
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import pairwise
from threading import Condition, Event
from typing import Self

from limits import LIMIT

from . import hooks, http1, http2
from .answers import Answer
from .host import Turn
from .keys import HEADER, Keys
from .listener import Listener
from .moves import Behaviour, Delay, Fault, Hold, Say
from .request import Request
from .script import Script
from .wire import ConnectionClosed, Wire


@dataclass(eq=False)
class GroupServer:
    """A site with *members*, on a free port of *host*, during its context.

    *answers* maps members to the behaviour of the send hook: a status number such as -16, or
    any behaviour. ``on_send``, ``on_members`` and ``on_connection`` take precedence over it.
    *refused* is the status of a refused form; *escaped* says whether names are ASCII in JSON.
    With *tls* the site uses HTTPS, and with *http2* HTTP/2 if the client offers it.
    With *keys*, in seconds, it announces and remembers idempotency keys for that time.
    """

    token: str = "secret"
    members: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    answers: dict[str, Behaviour] = field(default_factory=dict)
    prefix: str = ""
    refused: int = -1
    escaped: bool = True
    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    http2: bool = False
    keys: int | None = None
    #: The requests, and the number of mails of each member; a stop does not clear them.
    requests: list[Request] = field(default_factory=list, init=False)
    mailed: Counter[str] = field(default_factory=Counter, init=False)

    def __post_init__(self) -> None:
        self._send = self._members = self._connection = Script()
        self._changed = Condition()
        self._stopping = Event()
        self._holds: set[Event] = set()
        self._keys = Keys()
        self._listener: Listener | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, after a stop on the same port as before."""
        self._stopping.clear()
        self._keys.restart()
        if self.tls is not None:
            self.tls.set_alpn_protocols(["h2", "http/1.1"] if self.http2 else ["http/1.1"])
        self._listener = Listener(self.host, self.port, self._serve)
        self.port = self._listener.port

    def stop(self) -> None:
        """Stop listening and end every connection at once."""
        if self._listener is None:
            return
        self._stopping.set()
        with self._changed:
            for released in self._holds:
                released.set()
        self._listener.stop()
        self._listener = None

    def stop_listening(self) -> None:
        """Accept no more connections; the present ones stay open.

        It may be called while a request is answered. Then the site can be started again.
        """
        if self._listener is not None:
            self._listener.stop_listening()

    def cut(self) -> None:
        """End every connection at once, and keep listening."""
        if self._listener is not None:
            self._listener.cut()

    @property
    def url(self) -> str:
        """The root of the site."""
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://{self.netloc}{self.prefix}"

    @property
    def netloc(self) -> str:
        """The host and port, as in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections were accepted since the start."""
        return 0 if self._listener is None else self._listener.accepted

    @property
    def longest_pause(self) -> float:
        """The longest time between two requests: a loaded machine may pause."""
        times = [one.time for one in self.requests]
        return max((after - before for before, after in pairwise(times)), default=0.0)

    @property
    def sends(self) -> list[Request]:
        """The completely read calls of the send hook."""
        return [one for one in self.requests if one.whole and one.path == self._path(hooks.SEND)]

    @property
    def on_send(self) -> Script:
        """The behaviour of the send hook: one for all calls, or a list for the next calls."""
        return self._send

    @on_send.setter
    def on_send(self, told: Behaviour | Sequence[Behaviour | None] | None) -> None:
        self._send = Script(told)

    @property
    def on_members(self) -> Script:
        """The behaviour of the members hook, in the same form."""
        return self._members

    @on_members.setter
    def on_members(self, told: Behaviour | Sequence[Behaviour | None] | None) -> None:
        self._members = Script(told)

    @property
    def on_connection(self) -> Script:
        """The behaviour of accepted connections, in the same form: a fault, or None."""
        return self._connection

    @on_connection.setter
    def on_connection(self, told: Behaviour | Sequence[Behaviour | None] | None) -> None:
        self._connection = Script(told)

    def wait_for_requests(self, count: int, timeout: float = LIMIT) -> None:
        """Wait until *count* requests in total have arrived, or raise TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.requests) >= count, timeout):
                raise TimeoutError(f"{len(self.requests)} requests, not {count}")

    # The interface for connections: servers.host.Host.

    def behaviour(self, asked: Request) -> Behaviour | None:
        """Return the scripted behaviour for a request of which only the headers are read."""
        scripts = {self._path(hooks.SEND): self._send, self._path(hooks.MEMBERS): self._members}
        script = scripts.get(asked.path)
        return None if script is None else script.next()

    def interrupt(self, asked: Request, fault: Fault) -> Turn:
        """Record a request whose body is not read, and return the turn."""
        self._record(asked)
        return Turn(asked, hooks.usual_answer(self, asked), fault.moves)

    def take(self, asked: Request, behaviour: Behaviour | None) -> Turn:
        """Record a complete request, do the work of the site, and return the turn."""
        is_keyed = self._is_keyed(asked)
        repeated = self._keys.begin(asked, self.keys or 0) if is_keyed else None
        behaviour = self._chosen(asked, behaviour)
        turn = self._turn(asked, behaviour, repeated)
        works = behaviour.works if isinstance(behaviour, Fault) else True
        works = works and repeated is None
        mailed = asked.fields.get("profileId", "") if works and turn.usual.mails else None
        if is_keyed and repeated is None:
            # An error of a proxy that loses the answer is not an answer of the site.
            is_lost = mailed is not None and turn.usual.status != HTTPStatus.OK
            said = hooks.usual_answer(self, asked) if is_lost else turn.usual
            self._keys.end(asked, said if works else None, turn.moves)
        # Last, so that a test that waits for the request can rely on its key.
        self._record(asked, mailed)
        return turn

    def lose(self, asked: Request) -> None:
        """Record a request with an incomplete body."""
        self._record(asked)

    def wait(self, move: Delay | Hold) -> None:
        """Wait as in *move*; raise :class:`~servers.wire.ConnectionClosed` if the server stops."""
        if isinstance(move, Delay):
            self._stopping.wait(move.seconds)
        else:
            with self._changed:
                self._holds.add(move.released)
            # A stop releases all waits, also later ones.
            if not self._stopping.is_set():
                move.released.wait()
        if self._stopping.is_set():
            raise ConnectionClosed

    def _is_keyed(self, asked: Request) -> bool:
        sends = asked.path == self._path(hooks.SEND) and hooks.accepts(self, asked)
        return sends and self.keys is not None and asked.header(HEADER) is not None

    def _chosen(self, asked: Request, behaviour: Behaviour | None) -> Behaviour | None:
        if behaviour is None and asked.path == self._path(hooks.SEND):
            behaviour = self.answers.get(asked.fields.get("profileId", ""))
        while callable(behaviour):
            behaviour = behaviour(asked)
        return behaviour

    def _turn(
        self, asked: Request, behaviour: Behaviour | None, repeated: Answer | None = None
    ) -> Turn:
        found = self.answers.get(asked.fields.get("profileId", ""))
        status = next((told for told in (behaviour, found) if isinstance(told, int)), 0)
        usual = repeated or hooks.usual_answer(self, asked, status)
        if isinstance(behaviour, Fault):
            return Turn(asked, usual, behaviour.moves)
        if behaviour is not None and not isinstance(behaviour, int):
            usual = behaviour
        return Turn(asked, usual, (Say(),))

    def _record(self, asked: Request, mailed: str | None = None) -> None:
        with self._changed:
            self.requests.append(asked)
            if mailed is not None:
                self.mailed[mailed] += 1
            self._changed.notify_all()

    def _path(self, hook: str) -> str:
        return self.prefix + hook

    def _serve(self, wire: Wire, number: int) -> None:
        nothing = Request("", "", "", (), number, 0, time.monotonic())
        fault = self._chosen(nothing, self._connection.next())
        protocol = None
        if isinstance(fault, Fault) and not http1.play(
            self, wire, Turn(nothing, Answer(), fault.moves)
        ):
            return
        if self.tls is not None:
            protocol = wire.encrypt(self.tls)
        (http2 if protocol == "h2" else http1).serve(self, wire, number)

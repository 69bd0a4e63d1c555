# SPDX-License-Identifier: MIT
"""A GroupServer site in threads of this process, which records what it is asked and mails."""

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
from .wire import Gone, Wire


@dataclass(eq=False)
class GroupServer:
    """A site with *members*, on a free port of *host*, while its context lasts.

    *answers* is what the send hook does about single members: a status number such as -16, or
    any behaviour. ``on_send``, ``on_members`` and ``on_connection`` come before that: a fault
    spoils what a member's status number is the answer to. *refused*
    is the status of a refused form; *escaped* says whether names are ASCII in JSON. With *tls*
    the site speaks HTTPS, and with *http2* HTTP/2 to a client that offers it. With *keys*, in
    seconds, it says that it remembers idempotency keys for so long, and does.
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
    #: What arrived, and how many mails each member got: these outlast a stop.
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
        """Listen: on the same port as before, after a stop."""
        self._stopping.clear()
        self._keys.restart()
        if self.tls is not None:
            self.tls.set_alpn_protocols(["h2", "http/1.1"] if self.http2 else ["http/1.1"])
        self._listener = Listener(self.host, self.port, self._serve)
        self.port = self._listener.port

    def stop(self) -> None:
        """Die: end every connection where it stands, and listen no more."""
        if self._listener is None:
            return
        self._stopping.set()
        with self._changed:
            for released in self._holds:
                released.set()
        self._listener.stop()
        self._listener = None

    def cut(self) -> None:
        """End every connection where it stands, and go on listening."""
        if self._listener is not None:
            self._listener.cut()

    @property
    def url(self) -> str:
        """The root of the site."""
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://{self.netloc}{self.prefix}"

    @property
    def netloc(self) -> str:
        """The host and port, as they stand in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections were accepted since the start."""
        return 0 if self._listener is None else self._listener.accepted

    @property
    def longest_pause(self) -> float:
        """The most seconds between two requests: a loaded machine may stand still for some."""
        times = [one.time for one in self.requests]
        return max((after - before for before, after in pairwise(times)), default=0.0)

    @property
    def sends(self) -> list[Request]:
        """The calls of the send hook that were wholly read."""
        return [one for one in self.requests if one.whole and one.path == self._path(hooks.SEND)]

    @property
    def on_send(self) -> Script:
        """What calls of the send hook get: one behaviour for all, or a list for the next ones."""
        return self._send

    @on_send.setter
    def on_send(self, told: Behaviour | Sequence[Behaviour | None] | None) -> None:
        self._send = Script(told)

    @property
    def on_members(self) -> Script:
        """What calls of the members hook get, in the same way."""
        return self._members

    @on_members.setter
    def on_members(self, told: Behaviour | Sequence[Behaviour | None] | None) -> None:
        self._members = Script(told)

    @property
    def on_connection(self) -> Script:
        """What connections get when they are accepted, in the same way: a fault, if anything."""
        return self._connection

    @on_connection.setter
    def on_connection(self, told: Behaviour | Sequence[Behaviour | None] | None) -> None:
        self._connection = Script(told)

    def wait_for_requests(self, count: int, timeout: float = LIMIT) -> None:
        """Return when *count* requests in all have arrived, or raise TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.requests) >= count, timeout):
                raise TimeoutError(f"{len(self.requests)} requests, not {count}")

    # What the connections ask for: servers.host.Host.

    def behaviour(self, asked: Request) -> Behaviour | None:
        """Return what was scripted for this request, of which only the headers are known."""
        scripts = {self._path(hooks.SEND): self._send, self._path(hooks.MEMBERS): self._members}
        script = scripts.get(asked.path)
        return None if script is None else script.next()

    def interrupt(self, asked: Request, fault: Fault) -> Turn:
        """Record a request whose body is not read, and return what to do."""
        self._record(asked)
        return Turn(asked, hooks.usual_answer(self, asked), fault.moves)

    def take(self, asked: Request, behaviour: Behaviour | None) -> Turn:
        """Record a whole request, do the site's work, and return what to do."""
        is_keyed = self._is_keyed(asked)
        repeated = self._keys.begin(asked, self.keys or 0) if is_keyed else None
        behaviour = self._chosen(asked, behaviour)
        turn = self._turn(asked, behaviour, repeated)
        works = behaviour.works if isinstance(behaviour, Fault) else True
        works = works and repeated is None
        mailed = asked.fields.get("profileId", "") if works and turn.usual.mails else None
        if is_keyed and repeated is None:
            # What a proxy says when it loses the answer is not the site's word.
            is_lost = mailed is not None and turn.usual.status != HTTPStatus.OK
            said = hooks.usual_answer(self, asked) if is_lost else turn.usual
            self._keys.end(asked, said if works else None, turn.moves)
        # Last: a test that has waited for the request may rely on its key.
        self._record(asked, mailed)
        return turn

    def lose(self, asked: Request) -> None:
        """Record a request that broke off in its body."""
        self._record(asked)

    def wait(self, move: Delay | Hold) -> None:
        """Wait as the move says; raise :class:`~servers.wire.Gone` when the server stops first."""
        if isinstance(move, Delay):
            self._stopping.wait(move.seconds)
        else:
            with self._changed:
                self._holds.add(move.released)
            # A stop sets all that it finds: what came too late is not waited for.
            if not self._stopping.is_set():
                move.released.wait()
        if self._stopping.is_set():
            raise Gone

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

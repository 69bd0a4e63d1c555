# SPDX-License-Identifier: MIT
"""The HTTP server: its connections, its start and its end."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gs.profile.status.site.logs import Log

from .sockets import BACKLOG, listening, listening_at, url_of

#: For how long the header of a request may take to arrive, in seconds, the first one of a
#: connection from its beginning.
SLOWEST: Final = 10.0
#: The largest header that is read on after what came with its beginning, in octets.
LARGEST: Final = 16_384

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n"


class LimitedConnection(HttpToolsProtocol):
    """Uvicorn's connection, which would wait for the end of a header for ever."""

    slowest = SLOWEST

    _octets = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as there
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        """Hear from the parser that the header has ended."""
        self._octets = 0
        self._stop_waiting()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Read on; end the connection where a header does not."""
        super().data_received(data)
        if self.transport.is_closing() or not self._in_header:
            return
        self._octets += len(data)
        if self._octets > LARGEST:
            self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self._timer is None:
            self._wait()

    @property
    def _in_header(self) -> bool:
        # Nothing is being answered. Uvicorn has ended its own wait for the next request, as it
        # does for a line break too, with which none begins.
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        self._timer = self.loop.call_later(self.slowest, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


READY: Final = "READY=1"
STOPPING: Final = "STOPPING=1"


def notify_systemd(state: str, environment: Mapping[str, str] = os.environ) -> None:
    """Tell *state* to whoever has set ``NOTIFY_SOCKET``; where it is not set, nobody."""
    path = environment.get("NOTIFY_SOCKET", "")
    if not path.startswith(("/", "@")):
        return
    # "@" stands for the NUL that begins an abstract address.
    address = f"\0{path[1:]}" if path.startswith("@") else path
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(address)
        channel.send(state.encode())


#: What is being answered may take so long, in seconds, once the site is told to stop.
PATIENCE: Final = 30
#: For how long an idle connection is kept, in seconds: longer than by the server in front of it
#: (nginx: 60), which would else use a connection in the moment when it is closed here.
KEEP_ALIVE: Final = 90
#: How many connections there may be; one more is answered 503. A process has 1,024 descriptors.
MOST_CONNECTIONS: Final = 800


def _ignored() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Service:
    """What there is to a service besides its application: its log, and who hears that it stops.

    With *unix* it listens at that path, and on no port. *patience* is in seconds.
    """

    unix: Path | None = None
    stopping: Callable[[], None] = _ignored
    log: Log = field(default_factory=Log)
    patience: int = PATIENCE


def serve(
    app: ASGIApp,
    host: str,
    port: int,
    ready: Callable[[str], None],
    service: Service | None = None,
) -> None:
    """Serve *app* until SIGINT or SIGTERM; *ready* gets the URL once the socket listens.

    Port 0 stands for any that is free. What is being answered when the signal comes is finished,
    within the service's patience. Raises :exc:`CannotListenError`, and what *ready* raises.
    """
    service = service or Service()
    socket_of = listening_at(service.unix) if service.unix else listening(host, port)
    with socket_of as listener, _ended_by_signals():
        server = _Server(_config(app, service), lambda: ready(url_of(listener)), service)
        server.run([listener])
        if server.fault:
            raise server.fault


def _config(app: ASGIApp, service: Service) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=LimitedConnection,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=service.patience,
        # Whoever reaches a path in the file system is the server in front.
        forwarded_allow_ips="*" if service.unix else None,
    )


class _Server(uvicorn.Server):
    """A server that says when it has started, and when it stops."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], service: Service
    ) -> None:
        super().__init__(config)
        self.fault: Exception | None = None
        self._ready = ready
        self._service = service

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        try:
            self._ready()
        except Exception as error:  # noqa: BLE001 - serve() raises it, once all is put away
            self.fault = error
            self.should_exit = True
        else:
            notify_systemd(READY)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        notify_systemd(STOPPING)
        self._service.log.info("stopping", connections=len(self.server_state.connections))
        await super().shutdown(sockets)
        self._service.log.info("stopped", requests=self.server_state.total_requests)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._service.stopping()
        super().handle_exit(sig, frame)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    # Uvicorn raises the signal again when it has stopped, for whoever waits to see; here to stop
    # is what was asked for, and no failure.
    before = {
        number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    except _Stopped:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Stopped(BaseException):
    """A signal said so."""


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped

# SPDX-License-Identifier: MIT
"""The HTTP server: its start, its stop, and the limits of its connections."""

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

#: After the signal to stop, requests in progress have so long to end, in seconds.
GRACE: Final = 30
#: An idle connection is kept so long, in seconds: longer than by the server in front of it (nginx:
#: 60), which could otherwise send a request in the moment in which it is closed here.
KEEP_ALIVE: Final = 90
#: The limit of connections; a further one is answered 503. A process has 1,024 file descriptors.
MAX_CONNECTIONS: Final = 800

#: The header of a request has so long to arrive, in seconds; for the first request of a
#: connection, from the beginning of the connection.
SLOWEST: Final = 10.0
#: The limit of a header in octets, without those that came in one piece with its beginning.
LARGEST: Final = 16_384

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n"

# The states of systemd's sd_notify(3).
_READY: Final = "READY=1"
_STOPPING: Final = "STOPPING=1"


def _do_nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Service:
    """How a site is served, besides its application.

    With *unix* it listens at that path instead of a port. *stopping* is called by the handler of
    the signal to stop. *grace* is in seconds.
    """

    unix: Path | None = None
    stopping: Callable[[], None] = _do_nothing
    log: Log = field(default_factory=Log)
    grace: int = GRACE


def serve(
    app: ASGIApp,
    host: str,
    port: int,
    ready: Callable[[str], None],
    service: Service | None = None,
) -> None:
    """Serve *app* until SIGINT or SIGTERM; call *ready* with the URL when it accepts requests.

    Port 0 means any free port. Requests in progress at the signal are completed, as far as the
    grace of the *service* allows. Raises :exc:`CannotListenError`, and what *ready* raises.
    """
    service = service or Service()
    socket_of = listening_at(service.unix) if service.unix else listening(host, port)
    with socket_of as listener, _ended_by_signals():
        config = uvicorn.Config(
            app,
            http=LimitedConnection,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=service.grace,
            # Only the server in front can open a path in the file system.
            forwarded_allow_ips="*" if service.unix else None,
        )
        server = ObservedServer(config, lambda: ready(url_of(listener)), service)
        server.run([listener])
        if server.error:
            raise server.error


class ObservedServer(uvicorn.Server):
    """A server that reports its start and its stop.

    Uvicorn documents none of the three methods that it overrides; the reasons are in
    docs/decisions/0019.
    """

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], service: Service
    ) -> None:
        super().__init__(config)
        self.error: Exception | None = None
        self._ready = ready
        self._service = service

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept requests, then report it."""
        await super().startup(sockets)
        try:
            self._ready()
        except Exception as error:  # noqa: BLE001 - serve() raises it after the shutdown
            self.error = error
            self.should_exit = True
        else:
            notify_systemd(_READY)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Report the stop at its beginning and at its end."""
        notify_systemd(_STOPPING)
        self._service.log.info("stopping", connections=len(self.server_state.connections))
        await super().shutdown(sockets)
        self._service.log.info("stopped", requests=self.server_state.total_requests)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Report the signal; the server answers requests for a moment longer."""
        self._service.stopping()
        super().handle_exit(sig, frame)


class LimitedConnection(HttpToolsProtocol):
    """A connection with limits of time and size for the header of a request.

    Uvicorn's own waits for the end of a header without a limit. The limits do not hold while a
    request is in progress: a client may send the next one already, and to close the connection
    would lose the answer. Uvicorn does not document the callbacks that it overrides; the
    reasons are in docs/decisions/0019.
    """

    slowest = SLOWEST

    # Requests whose header is complete and whose answer is not: pipelined ones wait.
    _in_progress = 0
    _octets = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as there
        """Start the timer for the first request."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timer."""
        self._cancel_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse the data; close the connection if they leave too large a header incomplete."""
        super().data_received(data)
        if self.transport.is_closing() or self._in_progress:
            return
        self._octets += len(data)
        if self._octets > LARGEST:
            self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self._timer is None:
            # Any data end Uvicorn's own wait for the next request, even a line break, with which
            # no request begins.
            self._start_timer()

    def on_headers_complete(self) -> None:
        """Cancel the timer: a header is complete."""
        self._octets = 0
        self._in_progress += 1
        self._cancel_timer()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Count the request as answered."""
        self._in_progress -= 1
        super().on_response_complete()

    def _start_timer(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self.slowest, self.transport.close)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def notify_systemd(state: str, environment: Mapping[str, str] = os.environ) -> None:
    """Send *state* to the socket that ``NOTIFY_SOCKET`` names; do nothing without one."""
    path = environment.get("NOTIFY_SOCKET", "")
    if not path.startswith(("/", "@")):
        return
    # "@" stands for the NUL that begins an abstract address.
    address = f"\0{path[1:]}" if path.startswith("@") else path
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(address)
        channel.send(state.encode())


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    # After its shutdown Uvicorn raises the signal again, for its caller. Here a stop by a signal
    # is a success, so these handlers turn the signal into an exception that ends here.
    before = {
        number: signal.signal(number, _raise_stopped) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    except _Stopped:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Stopped(BaseException):
    """A signal stopped the server."""


def _raise_stopped(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped

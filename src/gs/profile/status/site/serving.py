# SPDX-License-Identifier: MIT
"""Serves the application over HTTP, until a signal ends it."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp

# What is being answered may take so long, in seconds, once the site is told to stop.
_PATIENCE: Final = 30


class CannotListenError(Exception):
    """The address and port cannot be had."""


def serve(app: ASGIApp, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve *app* until SIGINT or SIGTERM; *ready* gets the URL once the socket listens.

    Port 0 stands for any that is free. Raises :exc:`CannotListenError`.
    """
    with _listening(host, port) as listener, _ended_by_signals():
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_PATIENCE,
        )
        _Announced(config, lambda: ready(_url(listener))).run([listener])


class _Announced(uvicorn.Server):
    """A server that says when it has started."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        # With its protocol named: else asyncio does not turn Nagle's algorithm off, and each
        # answer waits 40 ms for the client to acknowledge its header.
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CannotListenError(f"Cannot listen on {host}, port {port}: {reason}") from error
    with listener:
        yield listener


def _url(listener: socket.socket) -> str:
    host, port, *_ = listener.getsockname()
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


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

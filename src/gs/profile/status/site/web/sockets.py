# SPDX-License-Identifier: MIT
"""Opens the socket on which the site listens."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

#: The limit of connections that wait to be accepted; the kernel has its own limit.
BACKLOG: Final = 1024
# The owner and the group may connect; the group is that of the server in front.
_NOT_FOR_OTHERS: Final = 0o117


class CannotListenError(Exception):
    """The site cannot listen on this address and port, or at this path."""


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Give a socket that listens on *host* and *port*; port 0 means any free port.

    Raises :exc:`CannotListenError`.
    """
    try:
        listener = _bound(host, port)
    except (OSError, OverflowError, UnicodeError) as error:
        raise CannotListenError(
            f"Cannot listen on {host}, port {port}: {_reason(error)}"
        ) from error
    with listener:
        yield listener


@contextmanager
def listening_at(path: Path) -> Iterator[socket.socket]:
    """Give a socket that listens at *path*; at the end, remove its file if it is still its own.

    The socket of a process that died is replaced. Raises :exc:`CannotListenError`.
    """
    try:
        _remove_dead(path)
        listener = _bound_at(path)
        mine = _file_at(path)
    except OSError as error:
        raise CannotListenError(f"Cannot listen at {path}: {_reason(error)}") from error
    with listener:
        try:
            yield listener
        finally:
            # A process that started meanwhile may have replaced it, because it was closed.
            with suppress(OSError):
                if _file_at(path) == mine:
                    path.unlink()


def url_of(listener: socket.socket) -> str:
    """Return the URL of the *listener*."""
    if listener.family == socket.AF_UNIX:
        return f"unix:{listener.getsockname()}"
    host, port, *_ = listener.getsockname()
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _bound(host: str, port: int) -> socket.socket:
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = addresses[0]
    # The protocol must be named: otherwise asyncio does not turn Nagle's algorithm off, and each
    # answer waits 40 ms until the client acknowledges its header.
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Two sockets can be bound to one port; the second one fails here.
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _bound_at(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(_NOT_FOR_OTHERS)
    try:
        listener.bind(str(path))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def _file_at(path: Path) -> tuple[int, int, int]:
    # With the time, because a file system may reuse the number of a removed file at once.
    status = path.lstat()
    return status.st_dev, status.st_ino, status.st_mtime_ns


def _remove_dead(path: Path) -> None:
    if not (path.exists() and stat.S_ISSOCK(path.stat().st_mode)):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)

# SPDX-License-Identifier: MIT
"""Serves an application over HTTP: its sockets, its connections, its start and its end."""

from .listening import CannotListenError
from .server import Service, serve

__all__ = ["CannotListenError", "Service", "serve"]

# SPDX-License-Identifier: MIT
"""Serves an application over HTTP: its sockets, its connections, its start and its end."""

from gs.profile.status.site.web.server import Service, serve
from gs.profile.status.site.web.sockets import CannotListenError

__all__ = ["CannotListenError", "Service", "serve"]

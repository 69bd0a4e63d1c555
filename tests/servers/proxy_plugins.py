# SPDX-License-Identifier: MIT
"""Plugins of the forward proxy: one logs requests, one refuses them."""

from pathlib import Path

from proxy.common.flag import flags
from proxy.http.exception import HttpRequestRejected
from proxy.http.parser import HttpParser
from proxy.http.proxy import HttpProxyBasePlugin

flags.add_argument("--passed", type=str, default="", help="The file that gets a line a request.")


class LogRequests(HttpProxyBasePlugin):
    """Logs the method and target of each request before it is forwarded."""

    def handle_client_request(self, request: HttpParser) -> HttpParser:
        """Write the line; a tunnel is one CONNECT."""
        target = request.path or b"%b:%d" % (request.host, request.port)
        with Path(self.flags.passed).open("ab") as passed:
            passed.write(b"%b %b %b\n" % (request.method, request.host, target))
        return request


class Refuse(HttpProxyBasePlugin):
    """Refuses all requests with 403 Forbidden."""

    def before_upstream_connection(self, _request: HttpParser) -> HttpParser:
        """Refuse."""
        raise HttpRequestRejected(403, b"Forbidden", body=b"This proxy lets nobody through.")

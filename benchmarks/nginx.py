# SPDX-License-Identifier: MIT
"""nginx with one worker on one core, as a site with immediate constant answers."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.process_cost import pinned

from gs.profile.status.hooks import SEND_URI, write_reply

#: The answer of the send hook, as long as that of a real site.
REPLY: Final = write_reply(
    0, "Sent the monthly profile-status notification to Jane Smith (3mq79xpS8uL5y9WlXEyR1g)"
)

# Seconds.
_STARTS_WITHIN: Final = 10

# nginx answers 405 to a POST of a static file, so the file is the page for that error. The
# folder of a list is the path of a site.
_CONFIG: Final = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    types {{ }} # a list has the name of a page
    default_type application/json;
    sendfile on;
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {folder}/server.pem;
    ssl_certificate_key {folder}/server.key;
    server {{
        listen 127.0.0.1:{http};
        listen 127.0.0.1:{https} ssl;
        listen 127.0.0.1:{h2} ssl http2;
        root {lists};
        location = /status {{ stub_status; }}
        location / {{ error_page 405 =200 $uri; }}
        location ~ {send}$ {{ return 200 '{reply}'; }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Nginx:
    """The URLs for HTTP, for TLS with HTTP/1.1, and for TLS with HTTP/2."""

    http: str
    https: str
    h2: str
    authority: Path

    def connections(self) -> int:
        """Return the number of open connections, without that of this request."""
        return int(self._status().partition("Active connections:")[2].split()[0]) - 1

    def requests(self) -> int:
        """Return the number of answered requests."""
        # accepts handled requests
        counted = self._status().rpartition("requests")[2].split()[:3]
        return int(counted[2])

    def _status(self) -> str:
        host, _, port = self.http.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(b"GET /status HTTP/1.0\r\n\r\n")
            with connection.makefile() as answer:
                return answer.read()


@contextmanager
def nginx(program: Path, folder: Path, lists: Path, python: str, core: int) -> Iterator[Nginx]:
    """Serve each of the *lists* as a site, from *folder* on *core*."""
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    certify = [python, "-m", "trustme", "--quiet", "-d", str(folder), "-i", "127.0.0.1"]
    subprocess.run(certify, check=True)
    http, https, h2 = _free_ports(3)
    config = folder / "nginx.conf"
    config.write_text(
        _CONFIG.format(
            # The default user of its worker may not read the lists.
            user="user root;" if os.geteuid() == 0 else "",
            folder=folder.absolute(),
            lists=lists.absolute(),
            http=http,
            https=https,
            h2=h2,
            send=SEND_URI.replace(".", r"\."),
            reply=REPLY.decode("ascii"),
        )
    )
    with pinned(core):
        argv = [
            str(part) for part in (program, "-e", folder / "error.log", "-p", folder, "-c", config)
        ]
        process = subprocess.Popen(argv)
    try:
        _wait_for(process, http)
        yield Nginx(
            f"http://127.0.0.1:{http}",
            f"https://127.0.0.1:{https}",
            f"https://127.0.0.1:{h2}",
            folder / "client.pem",
        )
    finally:
        process.terminate()
        process.wait()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _STARTS_WITHIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return

# SPDX-License-Identifier: MIT
"""A real server on the loopback interface for an application, with a client."""

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

import uvicorn

from limits import LIMIT

# Seconds. A thousand tests start a server each.
_TICK = 0.005


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)


@dataclass
class LiveServer:
    port: int

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def post(self, path, fields):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(fields).encode(), form)


class Prompt(uvicorn.Server):
    """Uvicorn that checks for a stop every few milliseconds instead of every 100."""

    async def main_loop(self):
        await self.on_tick(0)
        while not self.should_exit:  # noqa: ASYNC110 - another thread sets it
            await asyncio.sleep(_TICK)

    async def shutdown(self, sockets=()):
        for one in (*self.servers, *sockets):
            one.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        state = self.server_state
        while state.connections or state.tasks:  # noqa: ASYNC110 - as Uvicorn itself does
            await asyncio.sleep(_TICK)
        await self.lifespan.shutdown()


@contextmanager
def live_server(app) -> Iterator[LiveServer]:
    """Serve *app* with Uvicorn until the context ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", access_log=False)
    server = Prompt(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield LiveServer(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
        listener.close()

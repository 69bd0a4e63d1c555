# SPDX-License-Identifier: MIT
import asyncio
import socket
import threading
import time
from contextlib import closing, contextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gs.profile.status.site.logs import Log
from gs.profile.status.site.web.forms import LARGEST
from gs.profile.status.site.web.metrics import Metrics
from gs.profile.status.site.web.middleware import AccessLog, BodyLimit
from gs.profile.status.site.web.server import LARGEST as LARGEST_HEADER
from gs.profile.status.site.web.server import LimitedConnection
from limits import LIMIT, wait_until

HASTE = 0.3
# Seconds, longer than any test.
PATIENCE = 10 * LIMIT
# More octets than the buffers between a client and a server.
MOST = 1 << 26
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


class LimitedServer:
    """An application that answers with the size of the body, behind adjustable limits."""

    def __init__(self):
        self.slowest_header = self.slowest_body = PATIENCE
        self.begun = 0
        self.answers_after = 0
        self.bodies = []
        self.metrics = Metrics()
        self.routed = Starlette(routes=[Route("/", self.answer, methods=["GET", "POST"])])
        self.app = AccessLog(self.whole, self.metrics, Log())
        slowest = property(lambda _connection: self.slowest_header)
        self.connection = type("ShortConnection", (LimitedConnection,), {"slowest": slowest})

    async def whole(self, scope, receive, send):
        self.begun += 1
        await BodyLimit(self.routed, self.slowest_body)(scope, receive, send)

    async def answer(self, request):
        body = await request.body()
        await asyncio.sleep(self.answers_after)
        self.bodies.append(len(body))
        return PlainTextResponse(str(len(body)))

    def counted(self, route, status):
        labels = {"route": route, "status": str(status)}
        return self.metrics.registry.get_sample_value("sendprofile_site_requests_total", labels)


@pytest.fixture
def server():
    """Serve the application; yield it with a function that connects to it."""
    made = LimitedServer()
    with listening(made) as port:
        made.connect = lambda: socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
        yield made


@contextmanager
def listening(server):
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        server.app,
        http=server.connection,
        log_config=None,
        lifespan="off",
        timeout_keep_alive=PATIENCE,
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, args=([listener],))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        running.should_exit = True
        thread.join()
        listener.close()


def read_all(connection):
    """Read until the connection ends, also by a reset."""
    received = b""
    try:
        while some := connection.recv(65_536):
            received += some
    except ConnectionResetError:
        pass
    return received


def is_cut_off(connection, some, times, pause=0.0):
    """Send *some* repeatedly; return whether the server closed the connection."""
    try:
        for _ in range(times):
            connection.sendall(some)
            time.sleep(pause)
    except (BrokenPipeError, ConnectionResetError):
        return True
    return False


def status_of(received):
    return int(received.split(b" ", 2)[1])


def post(length, body=b"", more=b""):
    header = b"POST / HTTP/1.1\r\nHost: x\r\n" + FORM + more
    return header + b"Content-Length: %d\r\n\r\n" % length + body


def test_a_form_in_any_pieces_is_answered(server):
    with closing(server.connect()) as connection:
        for octet in post(5, b"a=bcd", b"Connection: close\r\n"):
            connection.send(bytes([octet]))
        assert read_all(connection).endswith(b"\r\n\r\n5")


def test_several_forms_are_answered_on_one_connection(server):
    with closing(server.connect()) as connection:
        connection.send(post(3, b"a=b") * 2 + post(5, b"a=bcd", b"Connection: close\r\n"))
        received = read_all(connection)
    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert server.bodies == [3, 3, 5]


@pytest.mark.parametrize("beginning", [b"", b"P", b"POST / HTTP/1.1\r\nHost: x\r\nX-", b"\r\n"])
def test_an_incomplete_header_times_out(server, beginning):
    server.slowest_header = HASTE
    with closing(server.connect()) as connection:
        connection.send(beginning)
        assert read_all(connection) == b""


@pytest.mark.parametrize("drip", [b"X-A: b\r\n", b"\r\n"])
def test_a_slow_header_times_out(server, drip):
    server.slowest_header = HASTE
    start = b"" if drip == b"\r\n" else b"POST / HTTP/1.1\r\nHost: x\r\n"
    with closing(server.connect()) as connection:
        connection.send(start)
        # One octet at a time, for a minute, below the size limit.
        assert is_cut_off(connection, drip, 1200, pause=HASTE / 6)


@pytest.mark.parametrize("next_one", [b"POST / HTTP/1.1\r\nHost", b"\r\n"])
def test_the_header_of_a_later_request_times_out(server, next_one):
    with closing(server.connect()) as connection:
        connection.send(post(3, b"a=b"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        server.slowest_header = HASTE
        connection.send(next_one)
        assert read_all(connection) == b""


def test_the_next_header_may_be_incomplete_while_a_request_is_in_progress(server):
    server.slowest_header = HASTE
    server.answers_after = 4 * HASTE
    with closing(server.connect()) as connection:
        connection.send(GET)
        wait_until(lambda: server.begun)
        connection.send(b"\r\nGET / HTTP/1.1\r\nX-Large: " + b"x" * LARGEST_HEADER)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_an_idle_connection_is_kept_longer_than_a_header_may_take(server):
    with closing(server.connect()) as connection:
        connection.send(GET)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        server.slowest_header = HASTE
        for _ in range(2):
            time.sleep(HASTE + 0.2)
            connection.send(GET)
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_header_over_the_limit_closes_the_connection(server):
    with closing(server.connect()) as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: ")
        assert is_cut_off(connection, b"x" * 4_096, MOST // 4_096)
        assert server.bodies == []


def test_the_header_limit_applies_to_each_request(server):
    with closing(server.connect()) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(5):
            connection.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: ")
            time.sleep(0.02)
            connection.send(b"x" * (LARGEST_HEADER // 3))
            time.sleep(0.02)
            connection.send(b"\r\n\r\n")
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_header_over_the_limit_is_answered_with_431(server):
    with closing(server.connect()) as connection:
        connection.send(b"GET / HTTP/1.1\r\nX-Large: " + b"x" * LARGEST_HEADER)
        assert status_of(read_all(connection)) == 431


def test_the_largest_form_is_accepted_and_a_larger_one_refused(server):
    for length, status in ((LARGEST, 200), (LARGEST + 1, 413)):
        with closing(server.connect()) as connection:
            connection.send(post(length, b"x" * length, b"Connection: close\r\n"))
            assert status_of(read_all(connection)) == status
    assert server.bodies == [LARGEST]


def test_a_declared_length_over_the_limit_is_refused_before_the_body(server):
    with closing(server.connect()) as connection:
        connection.send(post(10 * LARGEST, more=b"Expect: 100-continue\r\n"))
        received = read_all(connection)  # until the end: the connection cannot be reused
        assert status_of(received) == 413
        assert b"100 Continue" not in received
    wait_until(lambda: server.counted("-", 413) == 1)


def test_a_chunked_form_over_the_limit_is_refused(server):
    with closing(server.connect()) as connection:
        connection.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
        assert is_cut_off(connection, chunk, MOST // 4_096)
    wait_until(lambda: server.counted("-", 413) == 1)
    assert server.bodies == []


def test_a_chunked_form_is_accepted(server):
    with closing(server.connect()) as connection:
        connection.send(
            b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n2\r\ncd\r\n0\r\n\r\n"
        )
        assert read_all(connection).endswith(b"5")


@pytest.mark.parametrize("framing", [b"Content-Length: 50\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_slow_form_times_out(server, framing):
    server.slowest_body = HASTE
    with closing(server.connect()) as connection:
        began = time.monotonic()
        connection.send(b"POST / HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n")
        received = read_all(connection)
        assert status_of(received) == 408
        assert b"connection: close" in received.lower()
        assert time.monotonic() - began >= HASTE
    assert server.bodies == []


def test_a_client_that_disconnects_in_its_form_causes_no_traceback(server, caplog):
    with closing(server.connect()) as connection:
        connection.send(post(50, b"a="))
        wait_until(lambda: server.begun)
    wait_until(lambda: server.counted("-", 499) == 1)
    assert server.bodies == []
    assert [one for one in caplog.records if one.levelname != "INFO" or one.exc_info] == []


@pytest.mark.parametrize("length", [b"x", b"-1", b"1e3", b"3\r\nContent-Length: 4"])
def test_an_invalid_content_length_is_refused(server, length):
    with closing(server.connect()) as connection:
        connection.send(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\na=b"
        )
        assert status_of(read_all(connection)) == 400
    assert server.bodies == []


def test_many_slow_clients_do_not_delay_a_fast_one(server):
    slow = [server.connect() for _ in range(100)]
    for one in slow:
        one.send(b"POST / HTTP/1.1\r\nHost: x\r\n")
    # The timeout is longer than this request.
    with closing(server.connect()) as connection:
        connection.send(post(3, b"a=b"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    for one in slow:
        one.close()


def test_many_slow_clients_all_time_out(server):
    server.slowest_header = HASTE
    slow = [server.connect() for _ in range(100)]
    for one in slow:
        one.send(b"POST / HTTP/1.1\r\nHost: x\r\n")
    for one in slow:
        assert read_all(one) == b""
        one.close()

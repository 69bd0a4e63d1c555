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
# Seconds: for ever, as tests go.
PATIENCE = 10 * LIMIT
# More octets than the buffers between a client and a server hold.
MOST = 1 << 26
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


class House:
    """An application that says how large its body was, behind limits that a test may set."""

    def __init__(self):
        self.slowest_header = self.slowest_body = PATIENCE
        self.begun = 0
        self.answers_after = 0
        self.bodies = []
        self.metrics = Metrics()
        self.routed = Starlette(routes=[Route("/", self.answer, methods=["GET", "POST"])])
        self.app = AccessLog(self.whole, self.metrics, Log())
        slowest = property(lambda _connection: self.slowest_header)
        self.connection = type("HouseConnection", (LimitedConnection,), {"slowest": slowest})

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
def house():
    """Give a served house, and a function that connects to it."""
    made = House()
    with served(made) as port:
        made.connect = lambda: socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
        yield made


@contextmanager
def served(house):
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        house.app,
        http=house.connection,
        log_config=None,
        lifespan="off",
        timeout_keep_alive=PATIENCE,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def everything(connection):
    """Read to the end; a reset is one, too."""
    said = b""
    try:
        while some := connection.recv(65_536):
            said += some
    except ConnectionResetError:
        pass
    return said


def is_cut_off(connection, some, times, pause=0.0):
    """Send *some*, so many *times*; return whether it was cut off meanwhile."""
    try:
        for _ in range(times):
            connection.sendall(some)
            time.sleep(pause)
    except (BrokenPipeError, ConnectionResetError):
        return True
    return False


def status_of(said):
    return int(said.split(b" ", 2)[1])


def post(length, body=b"", more=b""):
    header = b"POST / HTTP/1.1\r\nHost: x\r\n" + FORM + more
    return header + b"Content-Length: %d\r\n\r\n" % length + body


def test_a_form_in_any_pieces_is_answered(house):
    with closing(house.connect()) as connection:
        for octet in post(5, b"a=bcd", b"Connection: close\r\n"):
            connection.send(bytes([octet]))
        assert everything(connection).endswith(b"\r\n\r\n5")


def test_several_forms_are_answered_on_one_connection(house):
    with closing(house.connect()) as connection:
        connection.send(post(3, b"a=b") * 2 + post(5, b"a=bcd", b"Connection: close\r\n"))
        said = everything(connection)
    assert said.count(b"HTTP/1.1 200 OK") == 3
    assert house.bodies == [3, 3, 5]


@pytest.mark.parametrize("beginning", [b"", b"P", b"POST / HTTP/1.1\r\nHost: x\r\nX-", b"\r\n"])
def test_an_incomplete_header_times_out(house, beginning):
    house.slowest_header = HASTE
    with closing(house.connect()) as connection:
        connection.send(beginning)
        assert everything(connection) == b""


@pytest.mark.parametrize("drip", [b"X-A: b\r\n", b"\r\n"])
def test_a_slow_header_times_out(house, drip):
    house.slowest_header = HASTE
    start = b"" if drip == b"\r\n" else b"POST / HTTP/1.1\r\nHost: x\r\n"
    with closing(house.connect()) as connection:
        connection.send(start)
        # In a minute, and that is not so much that it would be too large.
        assert is_cut_off(connection, drip, 1200, pause=HASTE / 6)


@pytest.mark.parametrize("next_one", [b"POST / HTTP/1.1\r\nHost", b"\r\n"])
def test_the_header_of_a_later_request_times_out(house, next_one):
    with closing(house.connect()) as connection:
        connection.send(post(3, b"a=b"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        house.slowest_header = HASTE
        connection.send(next_one)
        assert everything(connection) == b""


def test_the_next_header_may_be_incomplete_while_a_request_is_in_progress(house):
    house.slowest_header = HASTE
    house.answers_after = 4 * HASTE
    with closing(house.connect()) as connection:
        connection.send(GET)
        wait_until(lambda: house.begun)
        connection.send(b"\r\nGET / HTTP/1.1\r\nX-Large: " + b"x" * LARGEST_HEADER)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_an_idle_connection_is_kept_longer_than_a_header_may_take(house):
    with closing(house.connect()) as connection:
        connection.send(GET)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        house.slowest_header = HASTE
        for _ in range(2):
            time.sleep(HASTE + 0.2)
            connection.send(GET)
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_header_over_the_limit_closes_the_connection(house):
    with closing(house.connect()) as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: ")
        assert is_cut_off(connection, b"x" * 4_096, MOST // 4_096)
        assert house.bodies == []


def test_the_header_limit_applies_to_each_request(house):
    with closing(house.connect()) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(5):
            connection.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: ")
            time.sleep(0.02)
            connection.send(b"x" * (LARGEST_HEADER // 3))
            time.sleep(0.02)
            connection.send(b"\r\n\r\n")
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_header_over_the_limit_is_answered_with_431(house):
    with closing(house.connect()) as connection:
        connection.send(b"GET / HTTP/1.1\r\nX-Large: " + b"x" * LARGEST_HEADER)
        assert status_of(everything(connection)) == 431


def test_the_largest_form_is_accepted_and_a_larger_one_refused(house):
    for length, status in ((LARGEST, 200), (LARGEST + 1, 413)):
        with closing(house.connect()) as connection:
            connection.send(post(length, b"x" * length, b"Connection: close\r\n"))
            assert status_of(everything(connection)) == status
    assert house.bodies == [LARGEST]


def test_a_declared_length_over_the_limit_is_refused_before_the_body(house):
    with closing(house.connect()) as connection:
        connection.send(post(10 * LARGEST, more=b"Expect: 100-continue\r\n"))
        said = everything(connection)  # to the end: the connection cannot be used again
        assert status_of(said) == 413
        assert b"100 Continue" not in said
    wait_until(lambda: house.counted("-", 413) == 1)


def test_a_chunked_form_over_the_limit_is_refused(house):
    with closing(house.connect()) as connection:
        connection.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
        assert is_cut_off(connection, chunk, MOST // 4_096)
    wait_until(lambda: house.counted("-", 413) == 1)
    assert house.bodies == []


def test_a_chunked_form_is_accepted(house):
    with closing(house.connect()) as connection:
        connection.send(
            b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n2\r\ncd\r\n0\r\n\r\n"
        )
        assert everything(connection).endswith(b"5")


@pytest.mark.parametrize("framing", [b"Content-Length: 50\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_slow_form_times_out(house, framing):
    house.slowest_body = HASTE
    with closing(house.connect()) as connection:
        began = time.monotonic()
        connection.send(b"POST / HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n")
        said = everything(connection)
        assert status_of(said) == 408
        assert b"connection: close" in said.lower()
        assert time.monotonic() - began >= HASTE
    assert house.bodies == []


def test_a_client_that_disconnects_in_its_form_causes_no_traceback(house, caplog):
    with closing(house.connect()) as connection:
        connection.send(post(50, b"a="))
        wait_until(lambda: house.begun)
    wait_until(lambda: house.counted("-", 499) == 1)
    assert house.bodies == []
    assert [one for one in caplog.records if one.levelname != "INFO" or one.exc_info] == []


@pytest.mark.parametrize("length", [b"x", b"-1", b"1e3", b"3\r\nContent-Length: 4"])
def test_an_invalid_content_length_is_refused(house, length):
    with closing(house.connect()) as connection:
        connection.send(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\na=b"
        )
        assert status_of(everything(connection)) == 400
    assert house.bodies == []


def test_many_slow_clients_do_not_delay_a_fast_one(house):
    slow = [house.connect() for _ in range(100)]
    for one in slow:
        one.send(b"POST / HTTP/1.1\r\nHost: x\r\n")
    # They are waited for longer than this is.
    with closing(house.connect()) as connection:
        connection.send(post(3, b"a=b"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    for one in slow:
        one.close()


def test_many_slow_clients_all_time_out(house):
    house.slowest_header = HASTE
    slow = [house.connect() for _ in range(100)]
    for one in slow:
        one.send(b"POST / HTTP/1.1\r\nHost: x\r\n")
    for one in slow:
        assert everything(one) == b""
        one.close()

# SPDX-License-Identifier: MIT
import errno
import http.client
import inspect
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gs.profile.status.site.web.server import (
    LimitedConnection,
    ObservedServer,
    Service,
    notify_systemd,
    serve,
)
from gs.profile.status.site.web.sockets import CannotListenError, listening, listening_at
from limits import LIMIT, wait_until

TESTS = Path(__file__).parents[1]
IN_USE = os.strerror(errno.EADDRINUSE)
# Seconds, longer than any test.
FOR_EVER = 10 * LIMIT


class Program:
    """An application that is served in its own process."""

    def __init__(self, process, url, ready):
        self.process = process
        self.url = url
        self.ready = ready

    def connect(self):
        if self.url.startswith("unix:"):
            connection = http.client.HTTPConnection("localhost", timeout=LIMIT)
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(self.url.removeprefix("unix:"))
            return connection
        address = urlsplit(self.url)
        return http.client.HTTPConnection(address.hostname, address.port, timeout=LIMIT)

    def get(self, path):
        with closing(self.connect()) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def file(self, name):
        """Return one of the files by which the test and the process communicate."""
        return Path(f"{self.ready}.{name}")

    @contextmanager
    def asked(self, method="GET", body=None):
        """Send a request that is answered after the file "go" exists; yield the connection."""
        with closing(self.connect()) as connection:
            connection.request(method, "/slow", body)
            wait_until(self.file("asked").exists)
            yield connection

    def refuses(self):
        """Return whether a connection is refused."""
        try:
            with closing(self.connect()) as connection:
                connection.connect()
        except ConnectionRefusedError:
            return True
        return False

    def stop(self, number=signal.SIGTERM):
        """Send the signal; return the exit code and the logged events."""
        self.process.send_signal(number)
        _, stderr = self.process.communicate(timeout=LIMIT)
        return self.process.returncode, [json.loads(line) for line in stderr.splitlines()]


@contextmanager
def program(folder, where="127.0.0.1", grace=FOR_EVER, **environment):
    ready = folder / "ready"
    process = subprocess.Popen(
        [sys.executable, "-m", "embedded.service", ready, str(where), str(grace)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path]), **environment},
    )
    try:
        wait_until(lambda: (ready.exists() and ready.read_text()) or process.poll() is not None)
        yield Program(process, ready.read_text() if ready.exists() else "", ready)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server_with_code_0(tmp_path, number):
    with program(tmp_path) as site:
        assert site.get("/") == (200, b"0")
        code, events = site.stop(number)
    assert code == 0
    assert [one["event"] for one in events] == ["request", "stopping", "stopped"]


def test_requests_in_progress_are_finished_at_a_stop(tmp_path):
    with program(tmp_path) as site, site.asked("POST", b"x=1") as connection:
        site.process.send_signal(signal.SIGTERM)
        wait_until(site.file("stopping").exists)
        time.sleep(0.3)
        site.file("go").touch()
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"at last")
        # The answer tells the client that the connection is closed.
        assert answer.headers["Connection"] == "close"
        assert site.stop()[0] == 0


def test_a_stopping_server_accepts_no_connection(tmp_path):
    with program(tmp_path) as site, site.asked() as connection:
        assert not site.refuses()
        site.process.send_signal(signal.SIGTERM)
        wait_until(site.refuses)
        site.file("go").touch()
        assert connection.getresponse().status == 200


def test_the_grace_period_ends(tmp_path):
    with program(tmp_path, grace=1) as site, site.asked():
        began = time.monotonic()
        code, events = site.stop()
        assert code == 0
        assert time.monotonic() - began >= 1
    assert not [one for one in events if "error" in one]
    assert {"request_cut", "stopped"} <= {one["event"] for one in events}


def test_an_idle_connection_does_not_delay_the_stop(tmp_path):
    with program(tmp_path) as site, closing(site.connect()) as connection:
        connection.request("GET", "/")
        connection.getresponse().read()
        # The keep-alive time is longer than the test waits.
        assert site.stop()[0] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_causes_no_traceback(tmp_path, number):
    with program(tmp_path, grace=1) as site, site.asked():
        site.process.send_signal(number)
        wait_until(site.file("stopping").exists)
        code, events = site.stop(number)
    assert code == 0
    assert not [one for one in events if "error" in one]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_start_up_causes_no_traceback(number):
    # In the middle of the start: the application sends the signal in its start-up event.
    code = (
        "import os, sys; from gs.profile.status.site.web.server import serve\n"
        f"async def app(scope, receive, send): os.kill(os.getpid(), {number}); await receive()\n"
        "serve(app, '127.0.0.1', 0, lambda url: print(url))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_error_of_the_announcement_is_raised_after_the_cleanup(tmp_path):
    path = tmp_path / "socket"
    log = []

    async def app(scope, receive, send):
        assert scope["type"] == "lifespan"
        for event in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{event}"
            log.append(event)
            await send({"type": f"lifespan.{event}.complete"})

    def ready(_url):
        raise FileNotFoundError(2, "No such file or directory", "/none/ready.json")

    with pytest.raises(FileNotFoundError):
        serve(app, "", 0, ready, Service(unix=path))
    assert log == ["startup", "shutdown"]
    assert not path.exists()


@pytest.mark.parametrize(
    ("own", "theirs", "overridden"),
    [
        (ObservedServer, uvicorn.Server, {"startup", "shutdown", "handle_exit"}),
        (
            LimitedConnection,
            HttpToolsProtocol,
            {
                "connection_made",
                "connection_lost",
                "data_received",
                "on_headers_complete",
                "on_response_complete",
            },
        ),
    ],
)
def test_uvicorn_has_the_overridden_attributes(own, theirs, overridden):
    # Most of these are undocumented and may change in another release: docs/decisions/0019.
    public = {name for name in vars(own) if not name.startswith("_")}
    assert {name for name in public if callable(getattr(own, name))} == overridden
    for name in overridden:
        ours, other = getattr(own, name), getattr(theirs, name)
        assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(other)
        assert list(inspect.signature(ours).parameters) == list(
            inspect.signature(other).parameters
        )


def test_a_port_in_use_is_reported():
    with (
        listening("127.0.0.1", 0) as first,
        pytest.raises(CannotListenError, match=rf"port [0-9]+: {IN_USE}"),
        listening("127.0.0.1", first.getsockname()[1]),
    ):
        pass


@pytest.mark.parametrize("host", ["nosuch.invalid", "192.0.2.1", "é" * 300, "a..b"])
def test_a_host_of_another_machine_is_reported(host):
    with pytest.raises(CannotListenError, match="Cannot listen on"), listening(host, 0):
        pass


def test_an_answer_does_not_wait_for_the_acknowledgement_of_its_header():
    # asyncio turns off Nagle's algorithm only for sockets that name their protocol.
    with listening("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_the_server_listens_on_ipv6(tmp_path):
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    with program(tmp_path, "::") as site:
        assert site.url.startswith("http://[::]:")
        assert site.get("/") == (200, b"0")


def test_the_server_listens_on_a_unix_socket_for_owner_and_group(tmp_path):
    path = tmp_path / "socket"
    with program(tmp_path, path) as site:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert site.url == f"unix:{path}"
        assert site.get("/") == (200, b"0")
        assert site.stop()[0] == 0
    assert not path.exists()


def test_the_socket_of_a_killed_process_is_replaced(tmp_path):
    path = tmp_path / "socket"
    with program(tmp_path, path) as site:
        site.process.kill()
        site.process.wait(LIMIT)
        assert path.exists()
    (tmp_path / "ready").unlink()
    with program(tmp_path, path) as site:
        assert site.get("/") == (200, b"0")


def test_a_socket_in_use_is_not_replaced(tmp_path):
    path = tmp_path / "socket"
    with listening_at(path):
        with pytest.raises(CannotListenError, match=IN_USE), listening_at(path):
            pass
        assert path.exists()


def test_a_stopped_process_does_not_remove_the_socket_of_the_next(tmp_path):
    path = tmp_path / "socket"
    with ExitStack() as stack, socket.socket(socket.AF_UNIX) as client:
        with listening_at(path) as before:
            before.close()  # as the server does before it waits for requests in progress
            stack.enter_context(listening_at(path))
        client.connect(str(path))
    assert not path.exists()


@pytest.mark.parametrize("name", ["file", "none/socket", "x" * 200])
def test_an_invalid_socket_path_is_reported_and_not_changed(tmp_path, name):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(CannotListenError, match="Cannot listen at"), listening_at(tmp_path / name):
        pass
    assert (tmp_path / "file").read_text() == "precious"


@pytest.fixture
def systemd(tmp_path):
    """Yield the notification socket of systemd."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as channel:
        channel.bind(str(tmp_path / "notify_systemd"))
        channel.settimeout(LIMIT)
        yield channel


def test_systemd_is_notified_of_start_and_stop(tmp_path, systemd):
    with program(tmp_path, NOTIFY_SOCKET=str(tmp_path / "notify_systemd")) as site:
        assert systemd.recv(100) == b"READY=1"
        assert site.get("/")[0] == 200
        site.stop()
        assert systemd.recv(100) == b"STOPPING=1"


def test_systemd_may_use_an_abstract_socket():
    name = f"sendprofile-{os.getpid()}-{threading.get_ident()}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as channel:
        channel.bind(f"\0{name}")
        channel.settimeout(LIMIT)
        notify_systemd("READY=1", {"NOTIFY_SOCKET": f"@{name}"})
        assert channel.recv(100) == b"READY=1"


@pytest.mark.parametrize("path", ["", "relative", "/none/there", "vsock:2:1"])
def test_no_notification_without_systemd(path):
    notify_systemd("READY=1", {"NOTIFY_SOCKET": path})

# SPDX-License-Identifier: MIT
import asyncio
import http.client
import io
import json
import logging
import re
import threading

import pytest
from sqlalchemy import create_engine, event
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from embedded.live_server import live_server
from gs.profile.status.site.logs import Log, set_up_log
from gs.profile.status.site.web import health
from gs.profile.status.site.web.health import Health
from gs.profile.status.site.web.metrics import Metrics
from gs.profile.status.site.web.middleware import SECURITY_HEADERS, service_routes, with_middleware
from limits import LIMIT, wait_until

SECRET = "jane@corp.example"


class Watch:
    """An application with some routes behind the middleware, its log and its metrics."""

    def __init__(self, path):
        self.log = io.StringIO()
        self.metrics = Metrics()
        self.at_work = True
        self.hangs = threading.Event()
        self.goes_on = threading.Event()
        self.asked = 0
        # A file: in memory, each thread would have another database.
        self.engine = create_engine(f"sqlite:///{path}", pool_size=9, max_overflow=0)
        event.listen(self.engine, "before_cursor_execute", self.delay)
        self.health = Health(self.engine, lambda: self.at_work, Log())
        routes = [
            Route("/members/{secret}", self.answer, methods=["GET", "POST"]),
            Route("/broken", self.broken),
            Route("/own", self.own),
            Route("/breaks-off", self.breaks_off),
            *service_routes(self.health, self.metrics),
        ]
        self.app = with_middleware(Starlette(routes=routes), self.metrics, Log())

    async def answer(self, _request):
        return PlainTextResponse("here")

    async def broken(self, _request):
        raise ValueError(SECRET)

    async def own(self, _request):
        headers = {"Content-Security-Policy": "default-src 'self'", "Cache-Control": "max-age=1"}
        return PlainTextResponse("mine", headers=headers)

    async def breaks_off(self, _request):
        async def parts():
            yield b"half"
            raise ValueError(SECRET)

        return StreamingResponse(parts())

    def delay(self, *_arguments):
        self.asked += 1
        if self.hangs.is_set():
            self.goes_on.wait(LIMIT)

    def events(self, number):
        """Wait for *count* events: a request is logged after its answer."""
        wait_until(lambda: self.log.getvalue().count("\n") >= number)
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def counted(self, route, status):
        labels = {"route": route, "status": str(status)}
        return self.metrics.registry.get_sample_value("sendprofile_site_requests_total", labels)


@pytest.fixture
def watch(tmp_path, monkeypatch):
    # A loaded machine may be slow; tests set the limit where the database hangs.
    monkeypatch.setattr(health, "SLOWEST", LIMIT)
    made = Watch(tmp_path / "x.sqlite3")
    root = logging.getLogger()
    before = root.handlers[:], root.level
    set_up_log(made.log, "info", "json")
    yield made
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    logging.getLogger("gs.profile.status.site").setLevel(logging.NOTSET)
    made.engine.dispose()


@pytest.fixture
def site(watch):
    with live_server(watch.app) as running:
        yield running


def test_every_answer_has_the_security_headers(site):
    asked = [
        ("GET", "/members/x", 200),
        ("GET", "/nosuch", 404),
        ("PUT", "/members/x", 405),
        ("GET", "/broken", 500),
        ("GET", "/healthz", 200),
        ("GET", "/metrics", 200),
    ]
    for method, path, status in asked:
        answer = site.ask(method, path)
        assert answer.status == status
        for name, value in SECURITY_HEADERS:
            assert answer.headers.get_all(name.decode()) == [value.decode()], path


def test_a_form_over_the_limit_is_answered_with_the_security_headers(site):
    answer = site.ask("POST", "/members/x", None, {"Content-Length": "1000000"})
    assert answer.status == 413
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_answer_keeps_its_own_headers(site):
    answer = site.ask("GET", "/own")
    assert answer.headers.get_all("Content-Security-Policy") == ["default-src 'self'"]
    assert answer.headers.get_all("Cache-Control") == ["max-age=1"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(("method", "path"), [("GET", "/nosuch"), ("DELETE", "/members/x")])
def test_an_unknown_path_is_answered_in_plain_text(site, method, path):
    answer = site.ask(method, path)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert b"<" not in answer.body


def test_a_request_is_logged_and_counted_by_its_route_only(site, watch):
    site.ask("POST", f"/members/{SECRET}?token={SECRET}", SECRET.encode(), {"Referer": SECRET})
    site.ask("GET", f"/{SECRET}")
    events = watch.events(2)
    assert SECRET not in watch.log.getvalue()
    assert [(one["method"], one["route"], one["status"]) for one in events] == [
        ("POST", "/members/{secret}", 200),
        ("GET", "-", 404),
    ]
    assert watch.counted("/members/{secret}", 200) == 1
    assert watch.counted("-", 404) == 1
    assert "127.0.0.1" not in watch.log.getvalue()


def test_unknown_paths_do_not_use_memory(site, watch):
    for number in range(50):
        site.ask("GET", f"/nosuch/{number}")
    watch.events(50)
    assert watch.counted("-", 404) == 50
    counted = site.ask("GET", "/metrics").body.decode()
    assert len(re.findall(r"^sendprofile_site_requests_total\{", counted, re.MULTILINE)) == 1


def test_an_exception_is_logged_once_without_its_text_and_answered_with_500(site, watch):
    answer = site.ask("GET", "/broken")
    assert (answer.status, answer.body) == (500, b"Internal Server Error")
    failure, request = watch.events(2)
    assert (failure["event"], failure["route"]) == ("request_failed", "/broken")
    assert failure["error"][0]["type"] == "ValueError"
    assert failure["error"][0]["place"][-1].endswith(" broken")
    assert (request["status"], watch.counted("/broken", 500)) == (500, 1)
    assert SECRET not in watch.log.getvalue()


def test_an_interrupted_answer_is_incomplete(site, watch):
    with pytest.raises(http.client.IncompleteRead):
        site.ask("GET", "/breaks-off")
    assert watch.events(2)[0]["event"] == "request_failed"
    assert SECRET not in watch.log.getvalue()


def test_health_of_a_working_site(site):
    answer = site.ask("GET", "/healthz")
    assert (answer.status, answer.json()) == (200, {"status": "ok"})
    head = site.ask("HEAD", "/healthz")
    assert (head.status, head.body) == (200, b"")


def test_health_without_a_dispatcher(site, watch):
    watch.at_work = False
    answer = site.ask("GET", "/healthz")
    assert (answer.status, answer.json()) == (
        503,
        {"status": "failing", "parts": ["dispatcher"]},
    )


def test_health_with_a_failing_database(site, watch, tmp_path):
    watch.engine.dispose()
    (tmp_path / "x.sqlite3").unlink(missing_ok=True)
    (tmp_path / "x.sqlite3").mkdir()
    answer = site.ask("GET", "/healthz")
    assert (answer.status, answer.json()["parts"]) == (503, ["database"])
    failure = watch.events(2)[0]
    assert failure["event"] == "database_failed"
    assert str(tmp_path) not in watch.log.getvalue()


def test_health_with_a_hanging_database_times_out_and_uses_one_thread(site, watch, monkeypatch):
    watch.hangs.set()
    monkeypatch.setattr(health, "SLOWEST", 0.2)
    before = set(threading.enumerate())
    for _ in range(3):
        assert site.ask("GET", "/healthz").status == 503
    wait_until(lambda: watch.asked)
    assert watch.asked == 1
    begun = set(threading.enumerate()) - before
    assert sum(thread.name.startswith(health.THREAD) for thread in begun) == 1
    monkeypatch.setattr(health, "SLOWEST", LIMIT)
    watch.hangs.clear()
    watch.goes_on.set()
    # The first of these may still wait for the hanging check.
    wait_until(lambda: site.ask("GET", "/healthz").status == 200 and watch.asked > 1)
    # Checks that timed out leave no work.
    assert watch.asked == 2


def test_health_of_a_stopping_site(site, watch):
    watch.health.stop()
    answer = site.ask("GET", "/healthz")
    assert (answer.status, answer.json()) == (503, {"status": "stopping"})


def test_the_metrics_need_no_token(site, watch):
    site.ask("GET", "/members/x")
    watch.events(1)
    answer = site.ask("GET", "/metrics")
    assert answer.status == 200
    line = 'sendprofile_site_requests_total{route="/members/{secret}",status="200"} 1.0'
    assert line in answer.body.decode()


def test_lifespan_events_pass_the_middleware():
    scopes = []

    async def app(scope, _receive, _send):
        scopes.append(scope["type"])

    asyncio.run(with_middleware(app, Metrics(), Log())({"type": "lifespan"}, None, None))
    assert scopes == ["lifespan"]

# SPDX-License-Identifier: MIT
"""Counts what the site does, for Prometheus."""

from importlib.metadata import version
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

#: What `/metrics` answers with: the text format, which every Prometheus reads.
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_PREFIX: Final = "sendprofile_site"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The counts of one application; any thread may add to them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter("requests", "Requests answered.", "route", "status")
        self._seconds = Histogram(
            f"{_PREFIX}_request_seconds",
            "How long a request took.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._notifications = self._counter(
            "notifications", "Calls of the send hook by outcome.", "outcome"
        )
        self._deliveries = self._counter("deliveries", "Deliveries by outcome.", "outcome")
        self._wrong_tokens = self._counter("wrong_tokens", "Wrong tokens.")
        self._waiting = self._gauge("waiting_calls", "Calls that wait to be processed.")
        self._members = self._gauge("members", "Members when they were last counted.")
        self._routes: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        Info(f"{_PREFIX}_build", "What is running.", registry=self.registry).info(
            {"version": version("gs.profile.status.send")}
        )
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)

    def requested(self, route: str, status: int, seconds: float) -> None:
        """Count a request to *route*, a template: there are but few of them."""
        children = self._routes.get((route, status))
        if children is None:
            children = (self._requests.labels(route, status), self._seconds.labels(route))
            self._routes[route, status] = children
        requests, durations = children
        requests.inc()
        durations.observe(seconds)

    def waiting(self, calls: int) -> None:
        """Set how many calls wait to be processed."""
        self._waiting.set(calls)

    def answered(self, label: str) -> None:
        """Count a call of the send hook by the label of its answer."""
        self._notifications.labels(label).inc()

    def delivered(self, label: str) -> None:
        """Count a delivery by the label of its outcome."""
        self._deliveries.labels(label).inc()

    def wrong_token(self) -> None:
        """Count a wrong token."""
        self._wrong_tokens.inc()

    def members(self, number: int) -> None:
        """Say how many members there are."""
        self._members.set(number)

    async def answer(self, _request: Request) -> Response:
        """Answer with all of it, in the text format."""
        body = await run_in_threadpool(generate_latest, self.registry)
        return Response(body, headers={"Content-Type": CONTENT_TYPE})

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"{_PREFIX}_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"{_PREFIX}_{name}", text, registry=self.registry)

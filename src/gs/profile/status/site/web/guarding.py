# SPDX-License-Identifier: MIT
"""Puts around the application what guards every request, in the right order."""

from typing import Final

from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gs.profile.status.site.logs import Log

from .bodies import WholeBodies
from .headers import SecurityHeaders
from .health import Health
from .metrics import Metrics
from .middleware import Watched

HEALTH_URI: Final = "/healthz"
METRICS_URI: Final = "/metrics"


def guarded(app: ASGIApp, metrics: Metrics, log: Log) -> ASGIApp:
    """Return *app* with all that a service has to have; only HTTP gets to its guards."""
    outer = SecurityHeaders(Watched(WholeBodies(app), metrics, log))

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        await (outer if scope["type"] == "http" else app)(scope, receive, send)

    return guard


def service_routes(health: Health, metrics: Metrics) -> list[Route]:
    """Return the routes for those who look after the service; no member needs them."""
    return [Route(HEALTH_URI, health.answer), Route(METRICS_URI, metrics.answer)]

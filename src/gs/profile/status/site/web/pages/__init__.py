# SPDX-License-Identifier: MIT
"""The pages for people: one to unsubscribe and subscribe again, one to preview a notification."""

from starlette.routing import Route

from gs.profile.status.site.links import STOP_PATH

from .preview import PREVIEW_PATH, PlannedNotification, PlanNotification, PreviewPage
from .unsubscribe import UnsubscribePage

__all__ = [
    "PREVIEW_PATH",
    "PlanNotification",
    "PlannedNotification",
    "PreviewPage",
    "UnsubscribePage",
    "page_routes",
]


def page_routes(unsubscribe: UnsubscribePage, preview: PreviewPage) -> list[Route]:
    """Return the routes of the pages."""
    methods = ["GET", "POST"]
    return [
        # The path may have a slash: such a link is broken, and must not be redirected.
        Route(f"{STOP_PATH}{{signed:path}}", unsubscribe.answer, methods=methods),
        Route(PREVIEW_PATH, preview.answer, methods=methods),
    ]

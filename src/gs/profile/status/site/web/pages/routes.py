# SPDX-License-Identifier: MIT
"""Where the pages are."""

from typing import Final

from starlette.routing import Route

from gs.profile.status.site.links import STOP_PATH

from .preview import Pages, PreviewPage
from .unsubscribe import Subscriptions, UnsubscribePage

PREVIEW_PATH: Final = "/gs-profile-status-preview"


def page_routes(parts: Pages) -> list[Route]:
    """Return the routes of all pages."""
    unsubscribing = UnsubscribePage(parts.link_key, Subscriptions(parts.engine, parts.now))
    previewing = PreviewPage(parts.tokens, parts.look, parts.default_period)
    methods = ["GET", "POST"]
    return [
        # With a slash in it a link is broken, and not one to be redirected.
        Route(f"{STOP_PATH}{{signed:path}}", unsubscribing.answer, methods=methods),
        Route(PREVIEW_PATH, previewing.answer, methods=methods),
    ]

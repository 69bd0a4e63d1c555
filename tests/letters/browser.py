# SPDX-License-Identifier: MIT
"""A real browser to look at pages with; where there is none, its tests are loudly left out."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_MISSING = "NO BROWSER: install Chromium, or nobody has seen what the mail looks like"

#: A photo, for those pages that are shown with images.
PHOTO = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">'
    '<rect width="64" height="64" fill="#999"/></svg>'
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium; without it skip, or fail where SENDPROFILE_REQUIRE_BROWSER is 1."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        give_up = (
            pytest.fail if os.environ.get("SENDPROFILE_REQUIRE_BROWSER") == "1" else pytest.skip
        )
        give_up(_MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def shown(
    browser: Browser, html: str, *, width: int = 600, scheme: str = "light", images: bool = True
) -> Iterator[Page]:
    """Show a page without a network: every image is the same photo, or is blocked."""

    def answer(route: Route) -> None:
        if images:
            route.fulfill(body=PHOTO, content_type="image/svg+xml")
        else:
            route.abort()

    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.route(lambda url: url.startswith("http"), answer)
    page.set_content(html, wait_until="load")
    yield page
    page.close()

# SPDX-License-Identifier: MIT
"""A real browser for the tests of pages; without one, they are skipped with a warning."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from limits import LIMIT
from needed import leave_out

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

#: Returns the contrast of each piece of text with its background (WCAG 2.2, 1.4.3), with
#: the tag of its element and its text.
CONTRASTS = """
() => {
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const parse = colour => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) =>
    0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.getClientRects().length) continue;
    const pair = [parse(getComputedStyle(element).color), behind(element)].map(luminance);
    const [low, high] = pair.sort((a, b) => a - b);
    found.push([(high + 0.05) / (low + 0.05), element.tagName, node.data.trim()]);
  }
  return found;
}
"""

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_MISSING = "install Chromium and run `make test` to see what the mail looks like"

#: A photo for pages with images.
PHOTO = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">'
    '<rect width="64" height="64" fill="#999"/></svg>'
)


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Run Chromium; skip the test without it."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    # `make test` installs Playwright only if there is a Chromium.
    if path is None or find_spec("playwright") is None:
        leave_out(f"NO BROWSER: {_MISSING}")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - it may be missing

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"], timeout=LIMIT * 1000
        )
        yield browser
        browser.close()


@contextmanager
def shown(
    browser: "Browser", html: str, *, width: int = 600, scheme: str = "light", images: bool = True
) -> Iterator["Page"]:
    """Show a page without a network: every image is the same photo, or is blocked."""

    def answer(route: "Route") -> None:
        if images:
            route.fulfill(body=PHOTO, content_type="image/svg+xml")
        else:
            route.abort()

    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.set_default_timeout(LIMIT * 1000)
    page.route(lambda url: url.startswith("http"), answer)
    page.set_content(html, wait_until="load")
    yield page
    page.close()

# SPDX-License-Identifier: MIT
"""A page as an answer: filled in, with headers that let it do nothing but what it is for."""

from enum import Enum
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gs.profile.status.site.notification import Wording, wording_for

from .languages import preferred_language
from .page import render, style_hash

#: After so many seconds the database is worth another try.
_SECONDS_LATER: Final = "60"

_STRICT: Final = (
    "default-src 'none'; {}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# The link is a key: nobody is to find it. What else keeps it a secret, every answer has.
_ROBOTS: Final = {"X-Robots-Tag": "noindex"}


class Trouble(Enum):
    """What can be wrong: the status of the answer, and the template of the page."""

    BAD_FORM = (400, "bad_form.html")
    NOT_FOUND = (404, "not_found.html")
    LATER = (503, "later.html")


def answer(
    wording: Wording, template: str, status: int = 200, *, allow: str = "", **values: object
) -> Response:
    """Return a page; *allow* are sources that its policy allows in place of its style alone."""
    policy = _STRICT.format(allow or f"style-src '{style_hash()}'")
    headers = {**_ROBOTS, "Content-Security-Policy": policy}
    return HTMLResponse(render(wording, template, **values), status, headers)


def trouble(request: Request, what: Trouble, status: int | None = None) -> Response:
    """Return the page that says *what* is wrong, in a language that the browser asks for."""
    usual, template = what.value
    accepted = request.headers.get("accept-language", "")
    answered = answer(wording_for(preferred_language(accepted)), template, status or usual)
    if what is Trouble.LATER:
        answered.headers["Retry-After"] = _SECONDS_LATER
    return answered

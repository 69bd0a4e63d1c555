# SPDX-License-Identifier: MIT
"""Renders a page as an answer: its language, its template, its security policy."""

import base64
from enum import Enum
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gs.profile.status.site.notification import Wording, wording_for
from gs.profile.status.site.notification.languages import SOURCE, TRANSLATIONS, catalogue_of
from gs.profile.status.site.text import safe_line

_POLICY: Final = (
    "default-src 'none'; {}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# Whoever has the link can use it, so no search engine may list it. Other fields that keep it
# secret are in each answer of the site.
_ROBOTS: Final = {"X-Robots-Tag": "noindex"}

_LARGEST_TITLE: Final = 100

_LANGUAGES: Final = frozenset({SOURCE, *TRANSLATIONS})
# The languages of an Accept-Language that are read: the field may be long.
_MAX_LANGUAGES: Final = 20

#: After an error of the database a client is asked to wait so long, in seconds.
_RETRY_AFTER: Final = "60"


def answer(
    wording: Wording, template: str, status: int = 200, *, allow: str = "", **values: object
) -> Response:
    """Return a page in the language of *wording*.

    Its policy allows the sources in *allow*, or only its own style sheet.
    """
    style_hash = base64.b64encode(sha256(_style().encode()).digest()).decode()
    # A Content-Security-Policy names a style sheet by its hash (CSP 3, 2.3.1).
    policy = _POLICY.format(allow or f"style-src 'sha256-{style_hash}'")
    headers = {**_ROBOTS, "Content-Security-Policy": policy}
    environment = _environment(wording.locale.language)
    page = environment.get_template(template).render(language=wording.tag, **values)
    return HTMLResponse(page, status, headers)


class Trouble(Enum):
    """A page for an error: the status of the answer, and the template."""

    BAD_FORM = (400, "bad_form.html")
    NOT_FOUND = (404, "not_found.html")
    LATER = (503, "later.html")


def trouble(request: Request, page: Trouble, status: int | None = None) -> Response:
    """Return the page for an error, in the language that the browser prefers."""
    usual, template = page.value
    accepted = request.headers.get("accept-language", "")
    response = answer(wording_for(_preferred_language(accepted)), template, status or usual)
    if page is Trouble.LATER:
        response.headers["Retry-After"] = _RETRY_AFTER
    return response


def _preferred_language(accepted: str) -> str:
    """Return the first language in an ``Accept-Language`` (RFC 9110, 12.5.4) with a translation.

    English if there is none. Browsers list the languages by preference, so the weights are not
    compared.
    """
    for part in accepted.split(",", _MAX_LANGUAGES)[:_MAX_LANGUAGES]:
        primary = part.partition(";")[0].strip().partition("-")[0].lower()
        if primary in _LANGUAGES:
            return primary
    return SOURCE


# The key is the language, not the wording: a wording has a region, and there are too many regions
# to cache an environment for each.
@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    install: Any = environment.install_gettext_translations  # type: ignore[attr-defined] # of i18n
    install(catalogue_of(language), newstyle=True)
    environment.filters["title"] = lambda text: safe_line(text, _LARGEST_TITLE)
    environment.globals["style"] = _style()
    return environment


@cache
def _style() -> str:
    # Without the first line, which has the license.
    return _read("pages.css").partition("\n")[2]


def _read(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text("utf-8")

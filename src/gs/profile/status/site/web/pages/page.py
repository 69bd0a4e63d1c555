# SPDX-License-Identifier: MIT
"""A page as an answer: its language, its template, its security policy."""

import base64
from enum import Enum
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gs.profile.status.site.notification import Wording, wording_for
from gs.profile.status.site.notification.languages import SOURCE, TRANSLATIONS, catalogue_of
from gs.profile.status.site.text import safe_line

_SPOKEN: Final = frozenset({SOURCE, *TRANSLATIONS})
_LOOKED_AT: Final = 20


def preferred_language(accepted: str) -> str:
    """Return the first language in an ``Accept-Language`` (RFC 9110, 12.5.4) that is spoken here.

    English where there is none. Browsers name the one first that they want most, so the weights
    are not compared.
    """
    for one in accepted.split(",", _LOOKED_AT)[:_LOOKED_AT]:
        primary = one.partition(";")[0].strip().partition("-")[0].lower()
        if primary in _SPOKEN:
            return primary
    return SOURCE


_SHEET: Final = "pages.css"
_LONGEST_TITLE: Final = 100


def render(wording: Wording, template: str, **values: object) -> str:
    """Return a page in the language of *wording*."""
    environment = _environment(wording.locale.language)
    return environment.get_template(template).render(language=wording.tag, **values)


@cache
def style_hash() -> str:
    """Return the style sheet's hash as a Content-Security-Policy names it (CSP 3, 2.3.1)."""
    return f"sha256-{base64.b64encode(sha256(_style().encode()).digest()).decode()}"


# A language, not a wording: of regions, and so of wordings, there are too many to keep.
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
    environment.filters["title"] = _title
    environment.globals["style"] = Markup(_style())  # noqa: S704 - a file of our own
    return environment


@cache
def _style() -> str:
    # Without its first line, which is about the file.
    return _read(_SHEET).partition("\n")[2]


def _read(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text("utf-8")


def _title(text: str) -> str:
    return safe_line(text, _LONGEST_TITLE)


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

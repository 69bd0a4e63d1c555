# SPDX-License-Identifier: MIT
"""An HTTP answer, as data."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Self

#: The bytes of a body, or a function that yields them piece by piece as they are sent.
Body = bytes | Callable[[], Iterable[bytes]]

JSON = "application/json"
HTML = "text/html;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers and a body; *mails* is true if the member gets a mail for it.

    The framing of the body (Content-Length, or chunks for a body in pieces) is added when it is
    sent, unless *headers* contain it.
    """

    status: int = 200
    body: Body = b""
    headers: tuple[tuple[str, str], ...] = ()
    mails: bool = False

    @classmethod
    def json(cls, value: object, *, escaped: bool = True, mails: bool = False) -> Self:
        """Return *value* as JSON, its non-ASCII characters escaped or as raw UTF-8."""
        text = json.dumps(value, ensure_ascii=escaped)
        return cls(200, text.encode(), (("Content-Type", JSON),), mails)

    @classmethod
    def page(cls, status: int, text: str = "") -> Self:
        """Return an HTML page, as Zope or a proxy before it answers."""
        title = f"{status} {reason(status)}"
        body = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
        body += f"<body><h1>{title}</h1><p>{text or 'There was trouble.'}</p></body></html>\n"
        return cls(status, body.encode(), (("Content-Type", HTML),))

    def having(self, name: str, value: str) -> Self:
        """Return this answer with one more header."""
        return replace(self, headers=(*self.headers, (name, value)))

    def header(self, name: str) -> str | None:
        """Return the value of the first header of that name, in any case, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def pieces(self) -> Iterable[bytes]:
        """The body, piece by piece."""
        return (self.body,) if isinstance(self.body, bytes) else self.body()


def reason(status: int) -> str:
    """Return the reason phrase of a status code."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"

# SPDX-License-Identifier: MIT
"""One request as received by a server."""

from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Request:
    """A received request; *whole* is false if the body was not read completely.

    *connection* counts the connections of the server, *number* the requests of that connection,
    both from 1; *time* is the monotonic clock in seconds when the headers had arrived.
    """

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]
    connection: int
    number: int
    time: float
    body: bytes = b""
    whole: bool = False

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """Return the value of the first header of that name, in any case, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The fields of the form in their order: of the query in a GET, else of the body."""
        if self.method == "GET":
            return _urlencoded(self.target.partition("?")[2])
        return list(_posted(self.header("Content-Type") or "", self.body))

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the form by name."""
        return dict(self.pairs)


def _posted(content_type: str, body: bytes) -> Iterator[tuple[str, str]]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        yield from _urlencoded(body.decode("latin-1"))
    elif kind == "multipart/form-data":
        head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
        for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
            name = part.get_param("name", header="Content-Disposition")
            value = part.get_payload(decode=True)
            yield str(name), value.decode("utf-8", "surrogateescape")


def _urlencoded(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="surrogateescape")

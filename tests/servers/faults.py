# SPDX-License-Identifier: MIT
"""Every fault of a site, or of a proxy before it, by name."""

import time
from collections.abc import Iterator
from threading import Event
from typing import Final

from .answers import JSON, Answer
from .moves import Chunks, Close, Delay, Fault, Hold, Part, Point, Raw, Reset, Say

#: Bytes that are not the start of an HTTP answer.
GARBAGE: Final = b"\x00\xff\x16\x03 not HTTP\r\n\r\n"

# Complete but wrong answers.


def trouble(status: int = 500, **headers: str) -> Answer:
    """Return the HTML page of a status; ``Retry_After="5"`` adds a header."""
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    page = Answer.page(status)
    return Answer(status, page.body, (*page.headers, *pairs))


def redirect(status: int, location: str) -> Answer:
    """Return a redirect to *location*, as it is."""
    return trouble(status, Location=location)


def login_page() -> Answer:
    """Return the page of a single sign-on: HTML with status 200."""
    form = '<form method="post" action="/login"><input name="password" type="password"></form>'
    return Answer.page(200, form)


def text(body: str | bytes, content_type: str = JSON, status: int = 200) -> Answer:
    """Return *body* unchanged: JSON that is not a reply, half of a list, another content type."""
    data = body if isinstance(body, bytes) else body.encode()
    return Answer(status, data, (("Content-Type", content_type),))


def nested(depth: int = 100_000) -> Answer:
    """Return nested lists."""
    return text("[" * depth + "]" * depth)


def huge(size: int, piece: bytes = b" " * 65_536) -> Answer:
    """Return at least *size* bytes in chunks, made as they are sent (at once, over HTTP/2)."""

    def pieces() -> Iterator[bytes]:
        for _ in range(-(-size // len(piece))):
            yield piece

    return Answer(200, pieces, (("Content-Type", JSON),))


def endless_list() -> Answer:
    """Return a list of members that ends only when the client disconnects; HTTP/1.1 only."""

    def pieces() -> Iterator[bytes]:
        yield b'["u0"'
        number = 0
        while True:
            number += 1000
            yield b"".join(b', "u%d"' % one for one in range(number - 999, number + 1))

    return Answer(200, pieces, (("Content-Type", JSON),))


def dripping(body: bytes, pause: float = 0.02) -> Answer:
    """Return *body* byte by byte, with a *pause* in seconds after each; HTTP/1.1 only."""

    def pieces() -> Iterator[bytes]:
        for position in range(len(body)):
            yield body[position : position + 1]
            time.sleep(pause)

    return Answer(200, pieces, (("Content-Type", JSON), ("Content-Length", str(len(body)))))


def last(answer: Answer) -> Answer:
    """Return *answer* with "Connection: close", and close the connection."""
    return answer.having("Connection", "close")


def cut_list(*members: str) -> Answer:
    """Return a list of members that ends in the middle of an ID, in a complete answer."""
    return text("[" + "".join(f'"{member}", ' for member in members) + '"x')


# Late answers.


def delayed(seconds: float, answer: Answer | None = None) -> Fault:
    """Wait before *answer*, or before the usual answer."""
    return Fault("delayed", (Delay(seconds), Say(answer)))


def held(released: Event, answer: Answer | None = None) -> Fault:
    """Answer after *released* is set; do not answer if the server stops first."""
    return Fault("held", (Hold(released), Say(answer)))


def never() -> Fault:
    """Read the request, do the work, and send nothing until the server stops."""
    return held(Event())


# Connections that end: servers.deaths has every way, by name.


def closed(point: Point = Point.BODY) -> Fault:
    """Close the connection without an answer."""
    return Fault(f"closed, {point.value}", (Close(),), point)


def reset(point: Point = Point.BODY) -> Fault:
    """Reset the connection without an answer."""
    return Fault(f"reset, {point.value}", (Reset(),), point)


def half(share: float = 0.5, answer: Answer | None = None) -> Fault:
    """Send the headers of an answer and a *share* of the body; then close."""
    return Fault(f"{share:.0%} of the body", (Part(share, answer), Close()))


def cut_chunks(share: float = 0.5, answer: Answer | None = None) -> Fault:
    """Send a *share* of the body in chunks, and close before the last one; HTTP/1.1 only."""
    return Fault("chunks cut off", (Chunks(share, answer), Close()))


def garbage(data: bytes = GARBAGE, point: Point = Point.BODY) -> Fault:
    """Answer with bytes that are not HTTP, and close."""
    return Fault("garbage", (Raw(data), Close()), point)


def closed_when_idle() -> Fault:
    """Send the usual answer for a kept connection, and close it."""
    return Fault("closed when idle", (Say(), Close(polite=True)))


def continued() -> Fault:
    """Send an unrequested 100 Continue before the usual answer; HTTP/1.1 only."""
    return Fault("100 Continue", (Raw(b"HTTP/1.1 100 Continue\r\n\r\n"), Say()))

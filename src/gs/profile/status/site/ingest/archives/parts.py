# SPDX-License-Identifier: MIT
"""Takes a message apart (RFC 2045, 2046), in memory and time that its size bounds."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from itertools import islice
from typing import Final

from .findings import Finding, Findings
from .headers import Fields, cut_header, read_fields

# Parts within parts: real mail has four or five.
_MOST: Final = 200
_LONGEST_BOUNDARY: Final = 200
_LONGEST_FIELD: Final = 4_000


@dataclass(frozen=True, slots=True)
class Part:
    """A part that has none in it; its octets are still encoded for the transfer."""

    kind: str
    charset: str
    attached: bool
    encoding: str
    octets: bytes

    def decoded(self, limit: int) -> bytes:
        """Return the octets that were meant, decoded from *limit* of those that came."""
        octets = self.octets[:limit]
        try:
            if self.encoding == "base64":
                # A list's footer may follow; the decoder stops at the padding.
                return binascii.a2b_base64(octets + b"===")
            if self.encoding == "quoted-printable":
                return binascii.a2b_qp(octets)
        except binascii.Error:
            pass
        return octets


def take_apart(fields: Fields, body: bytes, findings: Findings) -> Iterator[Part]:
    """Yield the parts of a message, in their order; of alternatives the plain text if any."""
    waiting = [(fields, body)]
    for _ in range(_MOST):
        if not waiting:
            break
        fields, body = waiting.pop()
        content = _content(fields)
        inside = _inside(content, body)
        if inside:
            waiting.extend(reversed(inside))
        else:
            yield _part(content, body, findings)


def _content(fields: Fields) -> Message:
    # What the library knows of these fields is worth having; what it parses is bounded.
    content = Message()
    for name in ("content-type", "content-disposition", "content-transfer-encoding"):
        if name in fields:
            value = fields[name][:_LONGEST_FIELD].replace("\r", "").replace("\n", " ")
            content[name] = value.encode("ascii", "replace").decode("ascii")
    return content


def _inside(content: Message, body: bytes) -> list[tuple[Fields, bytes]]:
    if content.get_content_type() == "message/rfc822":
        return [_cut(body)]
    if content.get_content_maintype() != "multipart":
        return []
    boundary = str(content.get_boundary("")).strip()[:_LONGEST_BOUNDARY]
    parts = [_cut(piece) for piece in _pieces(body, boundary.encode())] if boundary else []
    if content.get_content_subtype() == "alternative":
        plain = [part for part in parts if _is_plain(*part)]
        return plain or parts
    return parts


def _pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    line = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t\r]*+(?:\n|\Z)", re.MULTILINE)
    begin = None
    for found in islice(line.finditer(body), _MOST):
        if begin is not None:
            yield body[begin : found.start()]
        if found[1]:
            return
        begin = found.end()
    if begin is not None:
        yield body[begin:]


def _cut(piece: bytes) -> tuple[Fields, bytes]:
    header, begin = cut_header(piece)
    return read_fields(header), piece[begin:]


def _is_plain(fields: Fields, body: bytes) -> bool:
    return (
        _content(fields).get_content_type() == "text/plain" and not body.isspace() and bool(body)
    )


def _part(content: Message, body: bytes, findings: Findings) -> Part:
    kind = content.get_content_type()
    if content.get_content_maintype() == "multipart":
        findings.note(Finding.BROKEN)
        kind = "text/plain"
    try:
        named = bool(content.get_filename()) or content.get_content_disposition() == "attachment"
        charset = str(content.get_content_charset("utf-8"))
    except (LookupError, ValueError, TypeError, AttributeError, AssertionError):
        # The library does not survive every parameter that there is.
        findings.note(Finding.BROKEN)
        named, charset = False, "utf-8"
    encoding = str(content.get("content-transfer-encoding", "")).strip().lower()
    return Part(kind, charset, named, encoding, body)

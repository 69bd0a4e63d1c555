# SPDX-License-Identifier: MIT
"""Reads header fields as they come: encoded words (RFC 2047), raw octets, and what is neither."""

import re
from collections.abc import Mapping
from email.errors import HeaderParseError
from email.header import decode_header
from typing import Final

from .charsets import decode
from .findings import Findings

#: How much of a field is looked at: it may have 10 MB.
_LONGEST: Final = 4_000
_LONGEST_IDS: Final = 20_000
_LINES: Final = re.compile(rb"(?:(?:[!-9;-~]++[ \t]*:|[ \t]|>?From )[^\n]*(?:\n|\Z))*+")
_BLANK: Final = re.compile(rb"\r?\n")
_FIELD: Final = re.compile(
    rb"^(from|subject|date|message-id|in-reply-to|references"
    rb"|content-type|content-disposition|content-transfer-encoding)[ \t]*:"
    rb"[ \t]*([^\n]*+(?:\n[ \t][^\n]*+)*+)",
    re.IGNORECASE | re.MULTILINE,
)
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,998}>")
# White space between two encoded words is not shown (RFC 2047, 6.2); archives fold there.
_BETWEEN: Final = re.compile(r"(?<=\?=)\s+(?==\?)")

#: The fields of a header that are read at all, by their names in small letters; as they come.
Fields = Mapping[str, str]


def cut_header(content: bytes) -> tuple[bytes, int]:
    """Return the header of a message or a part, and where its body begins.

    The body begins behind an empty line, or where a line is no header (RFC 5322, 2.1).
    """
    end = _LINES.match(content).end()  # type: ignore[union-attr] # nothing is a match too
    blank = _BLANK.match(content, end)
    return content[:end], blank.end() if blank else end


def read_fields(header: bytes) -> Fields:
    """Return the fields; of those that are there twice the first."""
    fields: dict[str, str] = {}
    for found in _FIELD.finditer(header):
        name = found[1].decode().lower()
        if name not in fields:
            fields[name] = found[2].decode("utf-8", "surrogateescape")
    return fields


def field(fields: Fields, name: str, findings: Findings) -> str:
    """Return the decoded text of the field, empty where there is none."""
    raw = fields.get(name, "")[:_LONGEST]
    # The octets that a header should not have, but has.
    raw = decode(raw.encode("utf-8", "surrogateescape"), "utf-8", findings)
    if "=?" not in raw:
        return raw
    try:
        parts = decode_header(_BETWEEN.sub("", raw))
    except (HeaderParseError, ValueError):
        return raw
    # What is no encoded word comes as octets too, in a charset of the library's own.
    return "".join(
        part if isinstance(part, str) else _decode_part(part, charset, findings)
        for part, charset in parts
    )


def message_ids(fields: Fields, name: str) -> list[str]:
    """Return the message IDs that the field holds, in its order."""
    # The nearest come last.
    return _MESSAGE_ID.findall(fields.get(name, "")[-_LONGEST_IDS:])


def _decode_part(part: bytes, charset: str | None, findings: Findings) -> str:
    if charset is None:
        return part.decode("raw_unicode_escape", "replace")
    return decode(part, charset, findings)

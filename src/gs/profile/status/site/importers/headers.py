# SPDX-License-Identifier: MIT
"""Reads header fields as they come: encoded words (RFC 2047), raw octets, and what is neither."""

import codecs
import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Final

from .findings import Finding, Findings

#: How much of a field is looked at: it may have 10 MB.
_LONGEST: Final = 4_000
_LONGEST_IDS: Final = 20_000
_HEADER_SCANNED: Final = 65_536
# What Python calls encodings too: they are no character sets, and may take for ever.
_NO_CHARSETS: Final = frozenset(
    {"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"}
)
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,998}>")
# White space between two encoded words is not shown (RFC 2047, 6.2); archives fold there.
_BETWEEN: Final = re.compile(r"(?<=\?=)\s+(?==\?)")


def parse(content: bytes) -> Message:
    """Return a message in its parts, however broken it is."""
    parser = BytesParser(policy=compat32)
    try:
        return parser.parsebytes(content)
    except RecursionError:  # a thousand parts within one another
        return parser.parsebytes(content, headersonly=True)


def parse_header(content: bytes) -> Message:
    """Return a message that has its header alone."""
    return BytesParser(policy=compat32).parsebytes(content[:_HEADER_SCANNED], headersonly=True)


def field(message: Message, name: str, findings: Findings) -> str:
    """Return the decoded text of the field, empty where there is none."""
    raw = _raw(message, name)[:_LONGEST]
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


def message_ids(message: Message, name: str) -> list[str]:
    """Return the message IDs that the field holds, in its order."""
    # The nearest come last.
    return _MESSAGE_ID.findall(_raw(message, name)[-_LONGEST_IDS:])


def decode(octets: bytes, charset: str, findings: Findings) -> str:
    """Return *octets* as text, in the *charset* said, or whichever of the usual ones it is."""
    try:
        known = codecs.lookup(charset).name
        if known.replace("-", "_") not in _NO_CHARSETS:
            return octets.decode(known)
    except (LookupError, ValueError) as error:
        if isinstance(error, LookupError):
            findings.note(Finding.UNKNOWN_CHARSET)
    return _decode_unsaid(octets, findings)


def _decode_part(part: bytes, charset: str | None, findings: Findings) -> str:
    if charset is None:
        return part.decode("raw_unicode_escape", "replace")
    return decode(part, charset, findings)


def _decode_unsaid(octets: bytes, findings: Findings) -> str:
    try:
        return octets.decode("utf-8")
    except ValueError:
        pass
    # Where it is not UTF-8 it is most often this, in which five octets mean nothing.
    text = octets.decode("cp1252", "replace")
    if "\N{REPLACEMENT CHARACTER}" in text:
        findings.note(Finding.UNDECODABLE)
    return text


def _raw(message: Message, name: str) -> str:
    # The parser gives a Header object for octets that are not ASCII, else a string with half
    # surrogates; ``raw_items`` of the old policy gives the string, always.
    for key, value in message.raw_items():
        if key.lower() == name:
            return str(value)
    return ""

# SPDX-License-Identifier: MIT
"""A letter as it goes over the wire: what is said of it, and its octets with the final dot."""

import re
from dataclasses import dataclass
from typing import Final

from .connection import Connection
from .ports import Letter

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
# What would end the command or the address early, or cannot be written at all.
_UNWRITABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f<>\u2028\u2029\ud800-\udfff]|^$")


@dataclass(frozen=True, slots=True)
class Framed:
    """The *parameters* of MAIL, each with a space before it, and the *text* for after DATA."""

    parameters: bytes
    text: bytes


def is_writable(address: str) -> bool:
    """Return whether an address can stand in a command of SMTP, and do no harm there."""
    return _UNWRITABLE.search(address) is None


def is_international(letter: Letter) -> bool:
    """Return whether a letter can only go to a server that offers ``SMTPUTF8`` (RFC 6531)."""
    return letter.international or not all(map(str.isascii, letter.recipients))


def framed(letter: Letter, connection: Connection) -> Framed:
    """Return a letter in the form that is best for this server: as it is, or in seven bits."""
    international = is_international(letter)
    eight_bit = connection.offers("8bitmime") or international
    content = canonical(letter.octets(eight_bit=eight_bit))
    parameters = b" SIZE=%d" % len(content) if connection.offers("size") else b""
    if not content.isascii():
        parameters += b" BODY=8BITMIME"
    if international:
        parameters += b" SMTPUTF8"
    return Framed(parameters, dotted(content))


def canonical(content: bytes) -> bytes:
    """Return the content with CRLF line ends alone, at its end too.

    A bare CR or LF is how one letter smuggles another one past a server that reads it otherwise
    than the next.
    """
    ends = content.count(b"\r\n")
    if not ends == content.count(b"\n") == content.count(b"\r"):
        content = _LINE_END.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def dotted(content: bytes) -> bytes:
    """Return the canonical content with its dots doubled, and the final one (RFC 5321, 4.5.2)."""
    first = b"." if content.startswith(b".") else b""
    return first + content.replace(b"\r\n.", b"\r\n..") + b".\r\n"

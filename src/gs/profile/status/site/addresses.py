# SPDX-License-Identifier: MIT
"""Mailboxes as the header fields of a mail have them: RFC 5322, in ASCII by RFC 2047."""

import base64
import re
from collections.abc import Iterable, Iterator
from typing import Final

#: The longest mailbox with a name: what a field of RFC 5321's old limits had room for, in octets.
LONGEST: Final = 320
_LONGEST_ADDRESS: Final = 254
_LONGEST_LOCAL: Final = 64
# With "Subject: " before it, such an encoded word leaves its line within 76 (RFC 2047, 2).
_WORD_OCTETS: Final = 39
_LINE: Final = 70
_WORDS: Final = re.compile(r"[\w !#$%&'*+/?^`{|}~-]+", re.ASCII)
_ATOMS: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+", re.ASCII)
_DNS_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?:{_DNS_LABEL}\.)*{_DNS_LABEL}", re.ASCII | re.IGNORECASE)


def mailbox(name: str, address: str) -> str | None:
    """Return the mailbox of *name* and *address*, or ``None`` where no mail can go to *address*.

    It may be folded. A name that would make it longer than :data:`LONGEST` octets is left out.
    """
    route = _route(address)
    if route is None or not name:
        return route
    words = _phrase(name)
    whole = f"{words} <{route}>"
    if len(whole) > LONGEST:
        return route
    return whole if name.isascii() and len(whole) <= _LINE else f"{words}\n <{route}>"


def mailboxes(name: str, addresses: Iterable[str]) -> str:
    """Return the mailboxes of somebody with several *addresses*, ready for a field; may be empty.

    A line ends after each of them, so that no line is longer than RFC 5322 allows.
    """
    return ",\n ".join(filter(None, (mailbox(name, address) for address in addresses)))


def domain(address: str) -> str | None:
    """Return the domain of *address* in ASCII, or ``None`` where no mail can go to it."""
    route = _route(address)
    return route and route.rpartition("@")[2]


def unstructured(text: str) -> str:
    """Return *text*, which has no control characters, as a field such as the subject has it."""
    return text if text.isascii() and "=?" not in text else _encoded(text)


def _phrase(name: str) -> str:
    if not name.isascii() or "=?" in name:
        return _encoded(name)
    return name if _WORDS.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _encoded(text: str) -> str:
    return "\n ".join(map(_encoded_word, _chunks(text)))


def _encoded_word(chunk: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(chunk).decode('ascii')}?="


def _chunks(name: str) -> Iterator[bytes]:
    # An encoded word holds whole characters only (RFC 2047, 5).
    chunk = b""
    for character in name:
        octets = character.encode("utf-8", "replace")
        if len(chunk) + len(octets) > _WORD_OCTETS:
            yield chunk
            chunk = b""
        chunk += octets
    yield chunk


def _route(address: str) -> str | None:
    local, _, host = address.rpartition("@")
    host = _ascii_host(host)
    if not (host and _ATOMS.fullmatch(local)):
        return None
    # Dots at the ends or in a row are in use, and need the quotes (RFC 5322, 3.4.1).
    route = f"{local if all(local.split('.')) else _quoted(local)}@{host}"
    fits = len(local) <= _LONGEST_LOCAL and len(route) <= _LONGEST_ADDRESS
    return route if fits else None


def _ascii_host(host: str) -> str:
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return ascii_host if _DOMAIN.fullmatch(ascii_host) else ""

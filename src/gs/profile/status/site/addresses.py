# SPDX-License-Identifier: MIT
"""What an e-mail address is: to which ones mail can go, when two are the same, how a field has it.

The fields are those of RFC 5322, with names in ASCII by RFC 2047. An address whose local part is
not in ASCII stays as it is (RFC 6532).
"""

import base64
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

#: The longest mailbox with a name: what a field of RFC 5321's old limits had room for, in octets.
LONGEST: Final = 320
#: Stands for the domain of a site whose support address is none.
NO_DOMAIN: Final = "localhost.invalid"
_LONGEST_ADDRESS: Final = 254
_LONGEST_LOCAL: Final = 64
# With "Subject: " before it, such an encoded word leaves its line within 76 (RFC 2047, 2).
_WORD_OCTETS: Final = 39
_LINE: Final = 70
_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_WORDS: Final = re.compile(r"[\w !#$%&'*+/?^`{|}~-]+", re.ASCII)
_ATOMS: Final = re.compile(r"[A-Za-z0-9_.!#$%&'*+/=?^`{|}~\u0080-\U0010ffff-]+")
_DNS_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?:{_DNS_LABEL}\.)*{_DNS_LABEL}", re.ASCII | re.IGNORECASE)


class AddressError(ValueError):
    """No mail can go to an address; the message says why."""


class NoAddressError(ValueError):
    """Mail can go to none of a member's preferred addresses."""


def parse_address(address: str) -> str:
    """Return *address* as RFC 5321 has it.

    Its domain is in ASCII. Its local part may not be, and then needs ``SMTPUTF8`` (RFC 6531).
    Raises :exc:`AddressError`.
    """
    if len(address) > _LONGEST_ADDRESS:
        raise AddressError(f"it is longer than {_LONGEST_ADDRESS} octets")
    local, at, host = address.rpartition("@")
    if not at:
        raise AddressError("it has no @")
    if not _is_local(local):
        raise AddressError("before the @ it has nothing, or a character that no mail can go to")
    if len(local.encode()) > _LONGEST_LOCAL:
        raise AddressError(f"before the @ it is longer than {_LONGEST_LOCAL} octets")
    domain = _ascii_host(host)
    if not domain:
        raise AddressError("its domain may have letters, digits and hyphens alone, between dots")
    # Dots at the ends or in a row are in use, and need the quotes (RFC 5322, 3.4.1).
    parsed = f"{local if all(local.split('.')) else _quoted(local)}@{domain}"
    if len(parsed.encode()) > _LONGEST_ADDRESS:
        raise AddressError(f"it is longer than {_LONGEST_ADDRESS} octets")
    return parsed


def parse_new_address(address: str) -> str:
    """Return *address*, which comes from outside, as RFC 5321 has it.

    Its domain must have a dot: a name such as ``localhost`` means another machine elsewhere (RFC
    5321, 2.3.5). Raises :exc:`AddressError`.
    """
    parsed = parse_address(address)
    if "." not in parsed.rpartition("@")[2]:
        raise AddressError("its domain has no dot")
    return parsed


def is_deliverable(address: str) -> bool:
    """Return whether mail can go to *address*, which comes from outside."""
    try:
        parse_new_address(address)
    except AddressError:
        return False
    return True


def fold(address: str) -> str:
    """Return *address* for comparison: in lower case, but as a database has it, of ASCII alone."""
    return address.lower() if address.isascii() else address.translate(_LOWER)


def mailbox(name: str, address: str) -> str | None:
    """Return the mailbox of *name* and *address*, or ``None`` where no mail can go to *address*.

    It may be folded. A name that would make it longer than :data:`LONGEST` octets is left out.
    """
    to = _parsed(address)
    return to and _named(name, to)


def mailboxes(name: str, recipients: Iterable[str]) -> str:
    """Return the mailboxes of somebody with several addresses, as :func:`recipients` gives them.

    A line ends after each of them, so that no line is longer than RFC 5322 allows.
    """
    return ",\n ".join(_named(name, to) for to in recipients)


def recipients(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return those of the *addresses* that mail can go to, each as RFC 5321 has it.

    Raises :exc:`NoAddressError` where there is none.
    """
    found = tuple(filter(None, map(_parsed, addresses)))
    if not found:
        raise NoAddressError("No preferred address is one that mail can go to")
    return found


def domain(address: str) -> str | None:
    """Return the domain of *address* in ASCII, or ``None`` where no mail can go to it."""
    to = _parsed(address)
    return to and to.rpartition("@")[2]


def unstructured(text: str) -> str:
    """Return *text*, which has no control characters, as a field such as the subject has it."""
    return text if text.isascii() and "=?" not in text else _encoded(text)


def _parsed(address: str) -> str | None:
    try:
        return parse_address(address)
    except AddressError:
        return None


def _named(name: str, to: str) -> str:
    if not name:
        return to
    words = _phrase(name)
    whole = f"{words} <{to}>"
    if len(whole.encode()) > LONGEST:
        return to
    return whole if name.isascii() and len(whole) <= _LINE else f"{words}\n <{to}>"


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


def _is_local(local: str) -> bool:
    return bool(_ATOMS.fullmatch(local)) and (local.isascii() or all(map(_is_atom, local)))


def _is_atom(character: str) -> bool:
    # Of all that is not ASCII the letters, marks and digits: nothing that is invisible.
    return character.isascii() or unicodedata.category(character)[0] in "LMN"


def _ascii_host(host: str) -> str:
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return ascii_host if _DOMAIN.fullmatch(ascii_host) else ""

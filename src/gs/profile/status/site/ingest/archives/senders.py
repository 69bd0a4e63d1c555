# SPDX-License-Identifier: MIT
"""Reads who sent a message, as the From fields of archives name them."""

import re
from dataclasses import dataclass
from typing import Final

from gs.profile.status.site.addresses import fold, is_deliverable
from gs.profile.status.site.text import safe_line

# "Jane <jane@example.org>", "jane@example.org (Jane)", or an address alone. Archives mask the
# address in ways of their own ("jane at example.org"), so it may have spaces. The parsers of the
# standard library refuse such addresses.
_ANGLES: Final = re.compile(r"(?P<name>[^<]*)<(?P<address>[^<>]*)>?[^<>]*")
# Text between two quotation marks is no address; a backslash comes before a mark of the name.
_QUOTED: Final = re.compile(r'(?P<name>(?:"(?:[^"\\]|\\.)*"|[^<"])*)<(?P<address>[^<>]*)>?[^<>]*')
_ESCAPED: Final = re.compile(r'\\(["\\])')
_ROUNDS: Final = re.compile(r"(?P<address>[^(]*?)\s*\((?P<name>.*)\)")
_AT: Final = re.compile(r"(?<=[^\s@]) at (?=[^\s@]+\.[^\s@.]+$)")
# A list that sends in the name of others, because of DMARC: "Jane via the-list".
_VIA: Final = re.compile(r"\s+via\s+\S.*$")
_QUOTES: Final = " \t\"'"
_LONGEST_NAME: Final = 120
_LONGEST_FIELD: Final = 1_000


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of a message. Two senders with the same *key* are the same person.

    The name may be empty. The address is empty where mail cannot reach the person by it.
    """

    key: str
    name: str
    address: str


def read_sender(header: str, envelope: str) -> Sender | None:
    """Return the sender that the decoded From *header* names, or else the *envelope*."""
    written, address = _split(safe_line(header, _LONGEST_FIELD))
    address = _unmasked(address) or _unmasked(safe_line(envelope))
    name = safe_line(_VIA.sub("", written), _LONGEST_NAME)
    if not address:
        return Sender(f"name {name.casefold()}", name, "") if name else None
    if name != written:
        # The address is the list's, and the same for everybody in whose name the list sends.
        return Sender(f"{address} {name}".casefold(), name, "")
    if _unmasked(name) == address:
        name = ""  # an archive writes the address where it has no name
    return Sender(fold(address), name, address if is_deliverable(address) else "")


def _split(header: str) -> tuple[str, str]:
    quoted = _QUOTED.fullmatch(header)
    if quoted is not None:
        return _ESCAPED.sub(r"\1", quoted["name"].strip(_QUOTES)), quoted["address"]
    found = _ANGLES.fullmatch(header) or _ROUNDS.fullmatch(header)
    if found is not None:
        return found["name"].strip(_QUOTES), found["address"]
    return ("", header) if _unmasked(header) else (header.strip(_QUOTES), "")


def _unmasked(address: str) -> str:
    address = _AT.sub("@", address.strip(" <>\"'\t"))
    return address if "@" in address else ""

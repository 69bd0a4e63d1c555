# SPDX-License-Identifier: MIT
"""Finds out who sent a message, from a From header of any spelling."""

import re
from dataclasses import dataclass
from typing import Final

from gs.profile.status.site.plaintext import one_line
from gs.profile.status.site.store.addresses import fold

# "Jane <jane@example.org>", "jane@example.org (Jane)", or an address alone; archives mask the
# address in ways of their own ("jane at example.org"), so it may hold spaces.
_ANGLES: Final = re.compile(r"(?P<name>[^<]*)<(?P<address>[^<>]*)>?[^<>]*")
# Of quotation marks in pairs nothing is an address; a backslash goes before one that is meant.
_QUOTED: Final = re.compile(r'(?P<name>(?:"(?:[^"\\]|\\.)*"|[^<"])*)<(?P<address>[^<>]*)>?[^<>]*')
_ESCAPED: Final = re.compile(r'\\(["\\])')
_ROUNDS: Final = re.compile(r"(?P<address>[^(]*?)\s*\((?P<name>.*)\)")
_AT: Final = re.compile(r"(?<=[^\s@]) at (?=[^\s@]+\.[^\s@.]+$)")
# A list that sends in the name of others, for the sake of DMARC: "Jane via the-list".
_VIA: Final = re.compile(r"\s+via\s+\S.*$")

# What mail can be sent to, for certain.
_REACHABLE: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_QUOTES: Final = " \t\"'"


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody who sends; who has the same *key* is the same person.

    The name may be empty, and so is the address where mail cannot reach the person by it.
    """

    key: str
    name: str
    address: str


def read_sender(header: str, envelope: str) -> Sender | None:
    """Return the sender that the decoded From *header* names, or else the *envelope*."""
    written, address = _split(one_line(header, 1_000))
    address = _unmasked(address) or _unmasked(one_line(envelope))
    name = one_line(_VIA.sub("", written), 120)
    if not address:
        return Sender(f"name {name.casefold()}", name, "") if name else None
    if name != written:
        # The list's address is that of everybody whom it sends in the name of.
        return Sender(f"{address} {name}".casefold(), name, "")
    if _unmasked(name) == address:
        name = ""  # where archives know no name, they put the address
    return Sender(fold(address), name, address if _REACHABLE.fullmatch(address) else "")


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

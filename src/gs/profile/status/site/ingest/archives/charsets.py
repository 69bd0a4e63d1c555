# SPDX-License-Identifier: MIT
"""Turns octets into text, in the character set that is said or the one that it is."""

import codecs
from typing import Final

from .findings import Finding, Findings

# What Python calls encodings too: they are no character sets, and may take for ever.
_NO_CHARSETS: Final = frozenset(
    {"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"}
)
_REPLACED: Final = "\N{REPLACEMENT CHARACTER}"


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


def _decode_unsaid(octets: bytes, findings: Findings) -> str:
    try:
        return octets.decode("utf-8")
    except ValueError:
        pass
    # Where it is not UTF-8 it is most often this, in which five octets mean nothing.
    text = octets.decode("cp1252", "replace")
    if _REPLACED in text:
        findings.note(Finding.UNDECODABLE)
    return text

# SPDX-License-Identifier: MIT
"""Finds the text of a message among its parts."""

from typing import Final

from .charsets import decode
from .findings import Finding, Findings
from .headers import Fields
from .markup import words_of
from .parts import Part, take_apart

#: How much of a message is looked at for its text, in octets.
_LONGEST: Final = 2_000_000


def text_of(fields: Fields, body: bytes, findings: Findings) -> tuple[str, bool]:
    """Return the text of a message, and whether it has attachments."""
    texts: list[str] = []
    attachments, left = False, _LONGEST
    for part in take_apart(fields, body, findings):
        if part.attached or part.kind not in {"text/plain", "text/html"}:
            attachments = True
        elif left > 0:
            texts.append(_text(part, left, findings))
            left -= len(part.octets)
    if not texts:
        findings.note(Finding.NO_TEXT)
    return "\n".join(texts), attachments


def _text(part: Part, limit: int, findings: Findings) -> str:
    text = decode(part.decoded(limit), part.charset, findings)
    return words_of(text) if part.kind == "text/html" else text

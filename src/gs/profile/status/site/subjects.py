# SPDX-License-Identifier: MIT
"""Removes the prefixes of a subject: replies, forwards, external-mail markers, the list's tag."""

import re
from typing import Final

from .text import safe_line

#: The title of a topic whose subject is empty.
NO_SUBJECT: Final = "(no subject)"

_NUMBER: Final = r"(?:\[\d{1,3}\]|\(\d{1,3}\)|[\^*]?\d{1,3})?\s*[:\uff1a]\s*"
# "Re:" as the mail programs of many languages write it. A single letter (the Italian "R:" and
# "I:") is no prefix: subjects begin so too, and R is also a programming language.
_REPLY: Final = re.compile(
    r"(?:re|aw|antw|antwort|sv|svar|vs|ref|rif|res|rép|odp|ynt|atb|vá|bls|απ|σχετ|отв"
    rf"|回复|回覆|答复|答覆|返信|답장|회신){_NUMBER}",
    re.IGNORECASE,
)
_FORWARD: Final = re.compile(
    r"(?:fwd?|wg|weitergeleitet|tr|rv|vb|vl|doorst|enc|pd|i̇lt|ilt|fs|továbbítás|προώθ"
    rf"|转发|轉寄|전달){_NUMBER}",
    re.IGNORECASE,
)
# What mail servers write before the subject of mail from outside. Without brackets it is a marker
# only in capitals: "External: the new wall" is what somebody wrote.
_OUTSIDE_WORD: Final = r"(?:ext|extern|external|externe|externo)(?:[ -]?(?:e-?mail|mail|sender))?"
_OUTSIDE: Final = re.compile(
    rf"(?i:\[\s*{_OUTSIDE_WORD}\s*\]|\(\s*{_OUTSIDE_WORD}\s*\))\s*:?\s*"
    r"|(?:EXT|EXTERN|EXTERNAL|EXTERNE|EXTERNO)\s*[:\uff1a]\s*"
)
# The tag of the list comes first but for prefixes; other brackets belong to the subject.
_TAG: Final = re.compile(r"\[([^\[\]]{1,40})\]\s*")


def strip_prefixes(subject: str, tag: str = "") -> tuple[str, bool]:
    """Return *subject* without its prefixes, perhaps empty, and whether it is that of a reply.

    *tag* is the list's, without brackets. It is removed wherever it stands among the prefixes.
    """
    rest, is_reply = _without_marks(safe_line(subject))
    while tag and (found := _TAG.match(rest)) and found[1].casefold() == tag.casefold():
        rest, is_more = _without_marks(rest[found.end() :])
        is_reply = is_reply or is_more
    return rest, is_reply


def find_tag(subject: str) -> str:
    """Return the tag at the start of *subject*, replies or not, without brackets; may be empty."""
    rest, _ = _without_marks(safe_line(subject))
    found = _TAG.match(rest)
    return found[1] if found else ""


def _without_marks(rest: str) -> tuple[str, bool]:
    is_reply = False
    while True:
        if found := _REPLY.match(rest):
            is_reply = True
        elif not (found := _FORWARD.match(rest) or _OUTSIDE.match(rest)):
            return rest, is_reply
        rest = rest[found.end() :]

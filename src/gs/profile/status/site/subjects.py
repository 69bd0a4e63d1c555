# SPDX-License-Identifier: MIT
"""The subject of a mail without its prefixes: replies, forwards, the tag of the list."""

import re
from typing import Final

from .text import one_line

# A tag in brackets, or what a reply or a forwarded mail is called in some language: "Antwort:",
# "TR:", "RV:", with or without a number.
_MARK: Final = re.compile(
    r"\s*(?:\[[^\[\]]{1,40}\]"
    r"|\((?:ext|external|extern|externe|externo)\)"
    r"|(?:re|fwd?|fw|aw|antw|antwort|wg|weitergeleitet|sv|vs|vl|vb|tr|ref|rv|rif|r|i|res|enc"
    r"|odp|pd|doorst|ynt|ilt|回复|答复|转发|답장)(?:\[\d+\]|\^\d+|\*\d+)?\s*[:\uff1a]"
    r"|(?:ext|external|extern|externe|externo)\s*[:\uff1a])",
    re.IGNORECASE,
)
_MOST: Final = 10


def strip_marks(subject: str) -> str:
    """Return *subject* from the first word on that its author may have written."""
    for _ in range(_MOST):
        found = _MARK.match(subject)
        if found is None:
            break
        subject = subject[found.end() :]
    return subject.strip()


NO_SUBJECT: Final = "(no subject)"

_NUMBER: Final = r"(?:\[\d{1,3}\]|\(\d{1,3}\)|[\^*]?\d{1,3})?\s*[:\uff1a]\s*"
# "Re:" as the mail programs of several languages put it. Single letters (the Italian "R:") are
# left alone: they begin subjects too.
_REPLY: Final = re.compile(
    r"(?:re|aw|antw|antwort|sv|svar|vs|ref|rif|res|rép|odp|ynt|atb|vá|bls|απ|σχετ|отв"
    rf"|回复|回覆|答复|答覆|返信|답장|회신){_NUMBER}",
    re.IGNORECASE,
)
_FORWARD: Final = re.compile(
    rf"(?:fwd?|wg|tr|rv|vb|vl|doorst|enc|pd|i̇lt|ilt|fs|továbbítás|προώθ|转发|轉寄|전달){_NUMBER}",
    re.IGNORECASE,
)
# What mail servers put in front of mail from outside.
_OUTSIDE: Final = re.compile(
    r"\[\s*(?:ext|extern|external|externe|externo)(?:[ -]?(?:e-?mail|mail|sender))?\s*\]\s*:?\s*",
    re.IGNORECASE,
)
# The tag of the list comes first but for prefixes; other brackets belong to the subject.
_TAG: Final = re.compile(r"\[([^\[\]]{1,40})\]\s*")


def strip_prefixes(subject: str, tag: str = "") -> tuple[str, bool]:
    """Return what *subject* says without its prefixes, and whether it is that of a reply.

    *tag* is the list's, without brackets: it is taken off wherever it stands among them.
    """
    rest, reply = one_line(subject), False
    while True:
        if found := _REPLY.match(rest):
            reply = True
        elif found := _FORWARD.match(rest) or _OUTSIDE.match(rest):
            pass
        elif not ((found := _TAG.match(rest)) and found[1].casefold() == tag.casefold()):
            return rest or NO_SUBJECT, reply
        rest = rest[found.end() :]


def find_tag(subject: str) -> str:
    """Return the tag in front of *subject*, replies or not, without brackets; may be empty."""
    rest = one_line(subject)
    while found := _REPLY.match(rest) or _FORWARD.match(rest) or _OUTSIDE.match(rest):
        rest = rest[found.end() :]
    found = _TAG.match(rest)
    return found[1] if found else ""

# SPDX-License-Identifier: MIT
"""Finds what a subject says behind the marks that programs of mail put in front."""

import re
from typing import Final

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


def without_marks(subject: str) -> str:
    """Return *subject* from the first word on that its author may have written."""
    for _ in range(_MOST):
        found = _MARK.match(subject)
        if found is None:
            break
        subject = subject[found.end() :]
    return subject.strip()

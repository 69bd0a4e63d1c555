# SPDX-License-Identifier: MIT
"""Makes text from outside fit to be kept: whole Unicode, no control characters, not too long."""

import re
from typing import Final

# C0 and C1 but for tab and line feed; what sets the direction of the text around it (an LRM, an
# RLM or a joiner, which Arabic and Hindi need, changes only its neighbours and stays); half
# surrogates; U+FFFE and U+FFFF, which no UTF-8 database has to take.
_UNFIT: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
_LINE_ENDS: Final = re.compile("\r\n?|\u2028|\u2029|\x85")
_SPACES: Final = re.compile(r"\s+")


def text_block(text: str, limit: int = 1_000_000) -> str:
    """Return *text* with line feeds alone between its lines, at most *limit* characters of it."""
    return _UNFIT.sub("", _LINE_ENDS.sub("\n", text[:limit]))


def one_line(text: str, limit: int = 255) -> str:
    """Return *text* as one line of at most *limit* characters, an ellipsis where it was cut."""
    # What is behind ten times the limit is not even looked at: a header may have 10 MB.
    text = _SPACES.sub(" ", text_block(text, 10 * limit)).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"

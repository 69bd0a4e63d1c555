# SPDX-License-Identifier: MIT
"""What a site says, made fit to be shown."""

import re
from typing import Final

# Control characters can move the cursor or set the clipboard; bidirectional controls can reorder
# the rest of the line; a lone surrogate cannot be written at all.
_UNFIT: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return *text* on one line, with a replacement character for each that does not belong."""
    return _UNFIT.sub("\ufffd", " ".join(text.split()))

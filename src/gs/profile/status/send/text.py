# SPDX-License-Identifier: MIT
"""Text from outside: fit to be shown, and without the token."""

import html
import re
from typing import Final
from urllib.parse import quote, quote_plus

# Control characters can move the cursor or set the clipboard; bidirectional controls can reorder
# the rest of the line; a lone surrogate cannot be written at all.
_UNFIT: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return *text* on one line, with a replacement character for each that does not belong."""
    return _UNFIT.sub("\ufffd", " ".join(text.split()))


_CUT: Final = "[token]"


class Token:
    """The secret that the site and the sender share; it never shows itself by accident."""

    __slots__ = ("_forms", "_secret")

    def __init__(self, secret: str) -> None:
        self._secret = secret
        forms = {secret, html.escape(secret), repr(secret)[1:-1]}
        for encode in (quote, quote_plus):
            forms |= {encode(secret, errors="replace"), encode(secret, safe="", errors="replace")}
        self._forms = sorted(forms - {""}, key=len, reverse=True)

    def __repr__(self) -> str:
        """Return a text without the secret."""
        return f"Token({_CUT!r})"

    def reveal(self) -> str:
        """Return the secret itself, for the body of a request."""
        return self._secret

    def cut(self, text: str) -> str:
        """Return *text* without the secret, plain or as a web page or URL would write it."""
        for form in self._forms:
            text = text.replace(form, _CUT)
        return text

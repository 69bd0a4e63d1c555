# SPDX-License-Identifier: MIT
"""Text from outside: made printable, and without the token."""

import html
import json
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

_REDACTED: Final = "[token]"

# Control characters can move the cursor or set the clipboard; bidirectional controls can reorder
# the rest of the line; a lone surrogate cannot be written at all.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return *text* on one line, with U+FFFD for each character that cannot be shown safely."""
    return _UNPRINTABLE.sub("\ufffd", " ".join(text.split()))


class Token:
    """The secret that the site and the sender share. ``repr`` and ``str`` do not show it."""

    __slots__ = ("_pattern", "_secret")

    def __init__(self, secret: str) -> None:
        self._secret = secret
        # The longest first: a shorter form may be a part of it.
        forms = sorted({*_forms(secret)} - {""}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, forms))) if forms else None

    def __repr__(self) -> str:
        """Return a text without the secret."""
        return f"Token({_REDACTED!r})"

    def reveal(self) -> str:
        """Return the secret itself, for the body of a request."""
        return self._secret

    def redact(self, text: str) -> str:
        """Return *text* without the secret, in whatever way a site may have escaped it."""
        return self._pattern.sub(_REDACTED, text) if self._pattern else text


def _forms(secret: str) -> Iterator[str]:
    # As HTML: with quotation marks escaped or not, by name or by number.
    for text in (secret, html.escape(secret, quote=False), html.escape(secret)):
        yield text
        yield text.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
        yield text.replace("&#x27;", "&apos;")
    # As a URL or a form.
    for encode in (quote, quote_plus):
        for safe in ("/", ""):
            encoded = encode(secret, safe=safe, errors="replace")
            yield encoded
            yield re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), encoded)
    # As Python, JavaScript and JSON write a string.
    yield repr(secret)[1:-1]
    for ascii_only in (False, True):
        written = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield written
        yield written.replace("/", "\\/")
        yield re.sub(r"[<>&']", lambda found: f"\\u{ord(found[0]):04x}", written)

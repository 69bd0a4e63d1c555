# SPDX-License-Identifier: MIT
"""Finds the text of a message among its parts."""

from email.message import Message
from html import unescape
from typing import Final

from .findings import Finding, Findings
from .headers import decode

# Parts within parts: real mail has four or five.
_MOST_PARTS: Final = 200
_BLOCKS: Final = frozenset(
    {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "pre", "blockquote", "table"}
)
_HIDDEN: Final = frozenset({"script", "style", "head", "title"})


def text_of(message: Message, findings: Findings) -> tuple[str, bool]:
    """Return the text of a message, and whether it has attachments."""
    try:
        return _text_of_parts(message, findings)
    except (LookupError, ValueError, TypeError, AttributeError, AssertionError):
        # The library does not survive every Content-Type that there is.
        findings.note(Finding.BROKEN)
        return str(message.get_payload()), False


def _text_of_parts(message: Message, findings: Findings) -> tuple[str, bool]:
    plain: list[Message] = []
    html: list[Message] = []
    attached = False
    for part in _parts(message):
        kind = part.get_content_type()
        if part.get_filename() or kind not in {"text/plain", "text/html"}:
            attached = True
        else:
            (html if kind == "text/html" else plain).append(part)
    chosen = plain or html
    if not chosen:
        findings.note(Finding.NO_TEXT)
    texts = (_decoded(part, findings) for part in chosen)
    if not plain:
        texts = (_without_markup(text) for text in texts)
    return "\n".join(texts), attached


def _parts(message: Message) -> list[Message]:
    parts: list[Message] = []
    waiting = [message]
    while waiting and len(parts) < _MOST_PARTS:
        part = waiting.pop()
        payload = part.get_payload()
        if isinstance(payload, list):
            waiting.extend(one for one in reversed(payload) if isinstance(one, Message))
        else:
            parts.append(part)
    return parts


def _decoded(part: Message, findings: Findings) -> str:
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        return ""
    charset = part.get_param("charset", "utf-8")
    return decode(octets, charset if isinstance(charset, str) else "utf-8", findings)


def _without_markup(page: str) -> str:
    # The library's parser takes minutes for some pages of 200 kB (a quadratic one, made with
    # malice); all that is wanted here are the words.
    shown, hidden_in = [], ""
    first, *pieces = page.split("<")
    for piece in pieces:
        tag, _, text = piece.partition(">")
        name = tag.split(None, 1)[0].casefold() if tag.strip() else ""
        if name in _HIDDEN and not hidden_in:
            hidden_in = name
        elif name == f"/{hidden_in}":
            hidden_in = ""
        if not hidden_in:
            shown.append(f"\n{text}" if name in _BLOCKS else text)
    return unescape("".join([first, *shown]))

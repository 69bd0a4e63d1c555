# SPDX-License-Identifier: MIT
"""Takes the words out of a page of HTML."""

import re
from html import unescape
from io import StringIO
from typing import Final

_TAG: Final = re.compile(r"<([^<>]*+)>?")
_NAME: Final = re.compile(r"\s*+(/?[^\s/]*+)")
_BLOCKS: Final = frozenset(
    {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "pre", "blockquote", "table"}
)
_HIDDEN: Final = frozenset({"script", "style", "head", "title"})


def words_of(page: str) -> str:
    """Return what a reader of the page sees, a line for each block."""
    # The library's parser takes minutes for some pages of 200 kB (a quadratic one, made with
    # malice); all that is wanted here are the words.
    shown = StringIO()
    hidden_in, begin = "", 0
    for tag in _TAG.finditer(page):
        if not hidden_in:
            shown.write(page[begin : tag.start()])
        begin = tag.end()
        name = _NAME.match(tag[1])[1].casefold()  # type: ignore[index] # nothing matches too
        if hidden_in:
            hidden_in = "" if name == f"/{hidden_in}" else hidden_in
        elif name in _HIDDEN:
            hidden_in = name
        elif name in _BLOCKS:
            shown.write("\n")
    if not hidden_in:
        shown.write(page[begin:])
    return unescape(shown.getvalue())

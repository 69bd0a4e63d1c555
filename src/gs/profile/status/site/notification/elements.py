# SPDX-License-Identifier: MIT
"""The elements of HTML that the news of a site may have."""

from typing import Final

_SECTIONS: Final = frozenset(
    {"address", "article", "aside", "footer", "header", "main", "nav", "section"}
)
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS: Final = frozenset({"blockquote", "br", "center", "div", "figcaption", "figure", "hr"})
_LISTS: Final = frozenset({"dd", "dl", "dt", "li", "ol", "p", "pre", "ul"})

#: Those that begin and end a line.
LINES: Final = _SECTIONS | _HEADINGS | _BLOCKS | _LISTS | {"caption", "table", "tr"}
#: All whose tags are kept.
KEPT: Final = LINES | {
    *("tbody", "td", "tfoot", "th", "thead"),
    *("a", "abbr", "b", "bdi", "cite", "code", "del", "em", "i", "img", "ins", "kbd", "mark", "q"),
    *("s", "small", "span", "strong", "sub", "sup", "time", "u", "wbr"),
}
#: Those of which nothing is kept, not even their words.
DROPPED: Final = frozenset(
    {"iframe", "math", "noembed", "noframes", "object", "script", "select", "style", "svg"}
    | {"template", "textarea", "title"}
)
#: Those that have no end.
VOID: Final = frozenset({"br", "hr", "img", "wbr"})

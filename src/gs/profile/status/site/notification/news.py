# SPDX-License-Identifier: MIT
"""A site's news: cleaned HTML of limited length, and the same as plain text."""

import re
from functools import lru_cache
from html import escape, unescape
from typing import Final
from urllib.parse import unquote

import nh3

from gs.profile.status.site import links
from gs.profile.status.site.text import safe_line

#: The elements that begin and end a line of the plain text.
_BLOCKS: Final = frozenset(
    {"address", "article", "aside", "blockquote", "br", "caption", "center", "dd", "div", "dl"}
    | {"dt", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"}
    | {"li", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul"}
)
_INLINE: Final = frozenset(
    {"a", "abbr", "b", "bdi", "cite", "code", "del", "em", "i", "img", "ins", "kbd", "mark", "q"}
    | {"s", "small", "span", "strong", "sub", "sup", "tbody", "td", "tfoot", "th", "thead"}
    | {"time", "u", "wbr"}
)
#: The elements that are removed with their contents.
_REMOVED: Final = frozenset(
    {"iframe", "math", "noembed", "noframes", "object", "script", "select", "style", "svg"}
    | {"template", "textarea", "title"}
)
_ATTRIBUTES: Final = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
}
#: The rest of the news is ignored: the parser's time can grow with the square of the length.
_READ: Final = 40_000
_MORE: Final = "<p>…</p>"
# What follows needs HTML as a serialiser writes it: each "<" begins a tag, each value is quoted.
_IN_TAG: Final = r'(?:[^>"]|"[^"]*")*'
_TAG: Final = re.compile(rf"<{_IN_TAG}>")
_BLOCK: Final = re.compile(rf"</?(?:{'|'.join(sorted(_BLOCKS))})\b{_IN_TAG}>")
_BLOCK_END: Final = re.compile(rf"</(?:{'|'.join(sorted(_BLOCKS))})>|<[bh]r>")
_ENTRY: Final = re.compile(rf"<li\b{_IN_TAG}>")
_IMAGE: Final = re.compile(rf'<img\b(?:{_IN_TAG}?\balt="([^"]*)")?{_IN_TAG}>')
_LINK: Final = re.compile(rf'<a\b{_IN_TAG}?\bhref="([^"]*)"{_IN_TAG}>(.*?)</a>', re.DOTALL)
_SPACE: Final = re.compile(r"\s+")
# A reference such as &#1; can stand for any of these. `render` uses two of them as marks.
_CONTROL: Final = re.compile(r"[\0-\x08\x0b-\x1f\x7f-\x9f]")


@lru_cache(maxsize=64)
def clean(html: str, limit: int) -> str | None:
    """Return *html* with well-known elements and attributes alone, in *limit* octets at most.

    Links lead to the web or to an e-mail address; images use https. HTML that is too long ends
    with the last block that fits, and "…". The result is ``None`` if nothing is left to show.
    """
    cleaned = _clean(html[:_READ])
    if len(html) > _READ or len(cleaned.encode()) > limit:
        cleaned = _cut(cleaned, limit)
    has_words = _TAG.sub("", cleaned).removesuffix("…").strip() or "<img " in cleaned
    return cleaned if has_words and len(cleaned.encode()) <= limit else None


@lru_cache(maxsize=64)
def as_text(html: str) -> str:
    """Return cleaned HTML as plain text: a line for each block, the URL behind each link."""
    text = _LINK.sub(_link, _IMAGE.sub(r"\1", html))
    text = _BLOCK.sub("\n", _ENTRY.sub("\n- ", _SPACE.sub(" ", text)))
    rows = unescape(_TAG.sub("", text)).split("\n")
    safe = (safe_line(row, len(row) + 1) for row in rows)
    return "\n".join(row for row in safe if row.strip("- "))


def _clean(html: str) -> str:
    # Half surrogates have no UTF-8, and nh3 takes nothing else.
    return _CONTROL.sub("", _CLEANER.clean(html.encode("utf-8", "replace").decode())).strip()


def _cut(html: str, limit: int) -> str:
    # The second cleaning closes the elements that are open at the cut. That takes some octets, so
    # the cut leaves room for them; `clean` drops news that are still too long.
    begin = html.encode()[: limit * 9 // 10].decode(errors="ignore")
    ends = [found.end() for found in _BLOCK_END.finditer(begin)]
    return _clean(begin[: ends[-1]] if ends else begin) + _MORE


def _attribute(_tag: str, name: str, value: str) -> str | None:
    value = value.strip()
    if name == "href" and value.startswith("mailto:"):
        return value
    if name in {"href", "src"}:
        url = links.web(value)
        return url if url and (name == "href" or url.startswith("https:")) else None
    return value


def _link(found: re.Match[str]) -> str:
    # An e-mail address is shown without its scheme.
    url, words = unescape(found[1]), found[2]
    if url.startswith("mailto:"):
        url = unquote(url.removeprefix("mailto:").partition("?")[0])
    return words if url in unescape(words) else f"{words} ({escape(url)})"


_CLEANER: Final = nh3.Cleaner(
    tags=set(_BLOCKS | _INLINE),
    clean_content_tags=set(_REMOVED),
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    set_tag_attribute_values={"img": {"style": "max-width:100%"}},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)

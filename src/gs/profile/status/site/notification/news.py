# SPDX-License-Identifier: MIT
"""A site's news: sanitised HTML, cut to a length, and the same as plain text."""

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from functools import cache, lru_cache
from html.parser import HTMLParser
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

import nh3

from gs.profile.status.site import links
from gs.profile.status.site.text import safe_line

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


_PIECE: Final = re.compile(r'<(/?)([a-z][a-z0-9]*)(?: [^=\s>]+="[^"]*")*>|&#?\w+;|.', re.DOTALL)
_MARK: Final = "…"
_PARAGRAPH: Final = f"<p>{_MARK}</p>"


class _Place(IntEnum):
    """Where HTML can be cut: the lower, the better."""

    BLOCK = 0
    SPACE = 1
    CHARACTER = 2


class _Cut(NamedTuple):
    """So many characters, or octets, are kept, and these elements are open there."""

    end: int
    size: int
    opened: tuple[str, ...]


def cut(html: str, room: int, *, more: bool = False) -> str:
    """Return *html* where it is at most *room* octets long, and else its beginning, with "…".

    It is what a serialiser has written: each element that it opens it closes. It is cut at the
    end of a block; where that would leave little, between two words. *more* says that it is
    itself the beginning of something.
    """
    whole = f"{html}{_PARAGRAPH}" if more else html
    if len(whole.encode()) <= room:
        return whole
    reader = _CutFinder(room - len(_PARAGRAPH.encode()))
    reader.read(html)
    return _cut_off(html, reader.found, room)


def _cut_off(html: str, found: Mapping[_Place, _Cut], room: int) -> str:
    if not found:
        return ""
    far = [place for place in sorted(found) if found[place].size > room // 2]
    place = far[0] if far else max(found, key=lambda one: found[one].size)
    kept = html[: found[place].end].rstrip()
    closing = _closing(found[place].opened)
    is_block = place is _Place.BLOCK
    return f"{kept}{closing}{_PARAGRAPH}" if is_block else f"{kept}{_MARK}{closing}"


class _CutFinder:
    """Finds the last place of each kind where a cut leaves at most *room* octets."""

    def __init__(self, room: int) -> None:
        self.found: dict[_Place, _Cut] = {}
        self._room = room
        self._size = 0
        self._closing = 0
        self._opened: list[str] = []

    def read(self, html: str) -> None:
        for piece in _PIECE.finditer(html):
            self._size += len(piece[0].encode())
            if self._size > self._room:
                return
            tag = piece[2]
            if not tag:
                place = _Place.SPACE if piece[0].isspace() else _Place.CHARACTER
                self._note(place, piece.end())
                continue
            self._open_or_close(tag, is_end=bool(piece[1]))
            if tag in LINES and (piece[1] or tag in VOID):
                self._note(_Place.BLOCK, piece.end())

    def _open_or_close(self, tag: str, *, is_end: bool) -> None:
        if is_end:
            self._closing -= len(_closing([self._opened.pop()]))
        elif tag not in VOID:
            self._opened.append(tag)
            self._closing += len(_closing([tag]))

    def _note(self, place: _Place, end: int) -> None:
        if self._size + self._closing <= self._room:
            self.found[place] = _Cut(end, self._size, tuple(self._opened))


def _closing(opened: Sequence[str]) -> str:
    return "".join(f"</{tag}>" for tag in reversed(opened))


# What is behind is not looked at: the parser's time can grow with the square of the length.
_LOOKED_AT: Final = 40_000
_LONGEST_ADDRESS: Final = 800

_ATTRIBUTES: Final = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
}
_OF_URLS: Final = "%/:?#[]@!$&'()*+,;=~"
_NUMBERS: Final = frozenset({"colspan", "height", "rowspan", "start", "width"})
_NUMBER: Final = re.compile(r"\d{1,3}", re.ASCII)
_MAIL: Final = re.compile(r"mailto:[\w.!#$%&'*+/=?^`{|}~@,;-]+", re.ASCII)
_SILENT: Final = re.compile(r"<(?!img )[^>]*>")
# A reference such as &#13; can stand for any of these.
_CONTROL: Final = re.compile(r"[\0-\x08\x0b-\x1f\x7f-\x9f]")


@lru_cache(maxsize=64)
def clean(html: str, room: int) -> str | None:
    """Return *html* parsed and written anew, with no element or attribute but well-known ones.

    Links lead to the web or to an address of mail; pictures come over https. It is at most
    *room* octets long, cut where a block ends. ``None`` stands for one that says nothing.
    """
    begin = "\n".join(html[:_LOOKED_AT].encode("utf-8", "replace").decode().splitlines())
    cleaned = _CONTROL.sub("", _cleaner().clean(begin)).strip()
    if not _SILENT.sub("", cleaned).strip():
        return None
    return cut(cleaned, room, more=len(html) > _LOOKED_AT) or None


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(KEPT),
        clean_content_tags=set(DROPPED),
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        set_tag_attribute_values={"img": {"style": "max-width:100%"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name in _NUMBERS:
        return value if _NUMBER.fullmatch(value) else None
    if (tag, name) == ("a", "href"):
        return _web(value) or _mail(value.strip())
    if (tag, name) == ("img", "src"):
        url = _web(value)
        return url if url and url.startswith("https:") else None
    return value


def _web(value: str) -> str | None:
    scheme, colon, rest = value.strip().partition(":")
    return links.web(f"{scheme.lower()}{colon}{quote(rest, safe=_OF_URLS)}")


def _mail(value: str) -> str | None:
    is_mail = len(value) <= _LONGEST_ADDRESS and _MAIL.fullmatch(value)
    return value if is_mail else None


_LONGEST: Final = 8_000
_SPACE: Final = re.compile(r"\s+")


@lru_cache(maxsize=64)
def as_text(news: str) -> str:
    """Return the words of some HTML, a line for each block, its links with their URLs beside."""
    reader = _TextReader()
    reader.feed(news)
    reader.close()
    rows = (safe_line(row, _LONGEST) for row in "".join(reader.words).split("\n"))
    return "\n".join(row for row in rows if row.strip("- "))


class _TextReader(HTMLParser):
    """Collects words: each block begins a line, and an entry of a list a dash."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in LINES:
            self.words.append("\n- " if tag == "li" else "\n")
        if tag == "img":
            self.words.append(dict(attrs).get("alt") or "")
        if tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self.words)))

    def handle_endtag(self, tag: str) -> None:
        if tag in LINES:
            self.words.append("\n")
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())

    def handle_data(self, data: str) -> None:
        self.words.append(_SPACE.sub(" ", data))

    def _end_link(self, url: str, begin: int) -> None:
        # Somebody's address is read, and written to, without the scheme before it.
        scheme, _, rest = url.partition(":")
        target = unquote(rest.partition("?")[0]) if scheme == "mailto" else url
        if target not in "".join(self.words[begin:]):
            self.words.append(f" ({target})")

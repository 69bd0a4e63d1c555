# SPDX-License-Identifier: MIT
"""A site's news, which is HTML once it is sanitised, as plain text."""

import re
from functools import lru_cache
from html.parser import HTMLParser
from typing import Final
from urllib.parse import unquote

from gs.profile.status.site.text import line

from .elements import LINES

_LONGEST: Final = 8_000
_SPACE: Final = re.compile(r"\s+")


@lru_cache(maxsize=64)
def as_text(news: str) -> str:
    """Return the words of some HTML, a line for each block, its links with their URLs beside."""
    reader = _Reader()
    reader.feed(news)
    reader.close()
    rows = (line(row, _LONGEST) for row in "".join(reader.words).split("\n"))
    return "\n".join(row for row in rows if row.strip("- "))


class _Reader(HTMLParser):
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

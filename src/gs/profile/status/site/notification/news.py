# SPDX-License-Identifier: MIT
"""Makes HTML that administrators write fit for a mail: whatever it is, the rest stays as it is."""

import re
from functools import cache, lru_cache
from typing import Final
from urllib.parse import quote

import nh3

from gs.profile.status.site import links

from .cutting import cut
from .elements import DROPPED, KEPT

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

# SPDX-License-Identifier: MIT
"""Style rules written into the elements of a template: many mail programs read no other place."""

import re
from collections.abc import Mapping
from typing import Final

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE: Final = re.compile(r"([^{}]+)\{([^{}]*)\}")
_ELEMENT: Final = re.compile(r'class="([^"]*)"(?: style="([^"]*)")?')
_CLASS: Final = re.compile(r"\.([a-z][a-z0-9-]*)")


def rules(sheet: str) -> dict[str, str]:
    """Return the declarations of each class in *sheet*, which has selectors of one class only."""
    found: dict[str, str] = {}
    for selectors, body in _RULE.findall(_COMMENT.sub("", sheet)):
        for selector in selectors.split(","):
            name = selector.strip().removeprefix(".")
            found[name] = found.get(name, "") + compact(body)
    return found


def classes(sheet: str) -> frozenset[str]:
    """Return the names of all classes that a *sheet* speaks of."""
    return frozenset(_CLASS.findall(_COMMENT.sub("", sheet)))


def compact(sheet: str) -> str:
    """Return *sheet* without comments, and without white space that means nothing."""
    text = re.sub(r"\s+", " ", _COMMENT.sub("", sheet))
    return re.sub(r" ?([{}:;,]) ", r"\1", text).strip().replace(" {", "{")


def inline(template: str, declared: Mapping[str, str], kept: frozenset[str]) -> str:
    """Return *template* with the declarations of each element's classes in its style attribute.

    A style that the element has itself comes last. Only the classes in *kept* stay, for the rules
    that cannot be inlined. Raises :exc:`KeyError` for a class that no rule speaks of.
    """

    def styled(element: re.Match[str]) -> str:
        names = element[1].split()
        style = "".join(declared.get(name) or _known(name, kept) for name in names)
        style = (style + (element[2] or "")).removesuffix(";")
        stay = " ".join(name for name in names if name in kept)
        attributes = (f'class="{stay}"' if stay else "", f'style="{style}"' if style else "")
        return " ".join(filter(None, attributes))

    return _ELEMENT.sub(styled, template)


def _known(name: str, kept: frozenset[str]) -> str:
    if name not in kept:
        raise KeyError(name)
    return ""

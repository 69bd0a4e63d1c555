# SPDX-License-Identifier: MIT
"""Lists of members, of any length, as files that a server can hand out."""

from collections.abc import Iterator
from pathlib import Path

from gs.profile.status.hooks import MEMBERS_URI


def write_list(lists: Path, count: int, *, backwards: bool = False) -> Path:
    """Write a list of *count* IDs below *lists*, unless it is there, and return its place.

    It is below a folder of that name, as if that were the root of a site. The same members
    *backwards* are what a site lists that keeps them in no order.
    """
    name = f"{count}-backwards" if backwards else str(count)
    place = lists / name / MEMBERS_URI.lstrip("/")
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        new = place.with_suffix(".new")
        with new.open("w", encoding="ascii") as file:
            file.write("[")
            for number, one in enumerate(ids(count, backwards=backwards)):
                file.write(f'{", " if number else ""}"{one}"')
            file.write("]")
        new.rename(place)
    return place


def ids(count: int, *, backwards: bool = False) -> Iterator[str]:
    """Yield *count* IDs such as a site gives: 22 characters, in no order, always the same."""
    for number in reversed(range(count)) if backwards else range(count):
        yield f"{number * 2654435761 % 2**32:08x}{number:014d}"

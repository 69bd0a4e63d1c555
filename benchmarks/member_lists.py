# SPDX-License-Identifier: MIT
"""Lists of members of any length, as files for a server."""

from collections.abc import Iterator
from pathlib import Path

from gs.profile.status.hooks import MEMBERS_URI


def write_list(lists: Path, count: int, *, backwards: bool = False) -> Path:
    """Write a list of *count* IDs below *lists*, unless it exists; return its path.

    It is in a folder that serves as the root of a site. With *backwards*, the same members are
    listed in another order, as a site without a fixed order does.
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
    """Yield *count* IDs like those of a site: 22 characters, not sorted, always the same."""
    for number in reversed(range(count)) if backwards else range(count):
        yield f"{number * 2654435761 % 2**32:08x}{number:014d}"

# SPDX-License-Identifier: MIT
"""People as a notification shows them: a photo, or else initials on a colour of their own."""

import zlib
from dataclasses import dataclass
from typing import Final

from gs.profile.status.site import links
from gs.profile.status.site.model import Author, Profile
from gs.profile.status.site.text import line, runs_right_to_left

#: The longest name of a person, a group or a site, in characters.
NAME: Final = 100
#: Dark enough for white letters: the contrast is 5.9 or more.
_COLOURS: Final = (
    *("#8a3b12", "#6b4a00", "#2f5d1e", "#0b5f56"),
    *("#0c5a86", "#3d4db7", "#6d3fa9", "#97306e"),
)


@dataclass(frozen=True, slots=True)
class Face:
    """A person: the photo, or else the initials on a colour that is always the same one."""

    name: str
    initials: str
    colour: str
    photo: str | None


def face(person: Author | Profile) -> Face:
    """Return what is shown of a person, all of it safe to show."""
    name = line(person.name, NAME)
    number = zlib.crc32(person.id.encode("utf-8", "surrogatepass"))
    colour = _COLOURS[number % len(_COLOURS)]
    return Face(name, _initials(name), colour, links.web(person.photo))


def _initials(name: str) -> str:
    first = [word[0] for word in name.split() if word[0].isalnum()]
    # Letters that run right to left join, and two of them would make a word.
    last = [] if runs_right_to_left(name) else first[1:][-1:]
    return "".join(first[:1] + last).upper()[:2] or "·"

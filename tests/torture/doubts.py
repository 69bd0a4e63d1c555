# SPDX-License-Identifier: MIT
"""Lists and resolves the doubts of a site with ``sendprofile-site doubts``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .site_process import command

_DOUBT: Final = re.compile(
    r"^(?P<key>\S+)\n +member +(?P<member>\S+)\n(?: +.*\n)*? +Message-ID +(?P<message_id>\S+)$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A notification that may have been mailed."""

    key: str
    member: str
    message_id: str


def find_doubts(folder: Path) -> list[Doubt]:
    """Return the doubts of the site in *folder*."""
    return [Doubt(**found.groupdict()) for found in _DOUBT.finditer(_doubts(folder))]


def resolve_doubts(folder: Path, doubts: Sequence[Doubt], accepted: set[str]) -> None:
    """Resolve *doubts* by the Message-IDs that the mail server *accepted*."""
    for option, there in (("--sent", True), ("--not-sent", False)):
        keys = [doubt.key for doubt in doubts if (doubt.message_id in accepted) is there]
        if keys:
            _doubts(folder, option, *keys)


def _doubts(folder: Path, *words: str) -> str:
    return command("doubts", "--folder", folder, *words)

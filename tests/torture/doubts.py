# SPDX-License-Identifier: MIT
"""What ``sendprofile-site doubts`` lists, and what the log of the mail server says of it."""

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
    """Return what is in doubt in the site of *folder*."""
    return [Doubt(**found.groupdict()) for found in _DOUBT.finditer(_asked(folder))]


def settle_doubts(folder: Path, doubts: Sequence[Doubt], taken: set[str]) -> None:
    """Settle *doubts* by the Message-IDs that were *taken*."""
    for option, there in (("--sent", True), ("--not-sent", False)):
        keys = [doubt.key for doubt in doubts if (doubt.message_id in taken) is there]
        if keys:
            _asked(folder, option, *keys)


def _asked(folder: Path, *words: str) -> str:
    return command("doubts", "--folder", folder, *words)

# SPDX-License-Identifier: MIT
"""Takes the archives of mailing lists into the store."""

from .archive import Archive, Listeners, NoArchiveError, find_archives
from .findings import Findings
from .intake import Intake
from .sources import BrokenArchiveError

__all__ = [
    "Archive",
    "BrokenArchiveError",
    "Findings",
    "Intake",
    "Listeners",
    "NoArchiveError",
    "find_archives",
]

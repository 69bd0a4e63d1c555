# SPDX-License-Identifier: MIT
"""Takes the archives of mailing lists into the store."""

from .files import Archive, Listeners, NoArchiveError, find_archives
from .findings import Findings
from .importer import Intake
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

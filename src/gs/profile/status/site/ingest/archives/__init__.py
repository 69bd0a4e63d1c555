# SPDX-License-Identifier: MIT
"""Takes the archives of mailing lists into the store."""

from .files import Archive, BrokenArchiveError, Listeners, NoArchiveError, find_archives
from .findings import Findings
from .importer import ArchiveImporter

__all__ = [
    "Archive",
    "ArchiveImporter",
    "BrokenArchiveError",
    "Findings",
    "Listeners",
    "NoArchiveError",
    "find_archives",
]

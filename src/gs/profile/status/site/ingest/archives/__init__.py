# SPDX-License-Identifier: MIT
"""Imports the archives of mailing lists into the site."""

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

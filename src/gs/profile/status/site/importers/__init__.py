# SPDX-License-Identifier: MIT
"""Takes the archives of mailing lists into the store."""

from .archive import Archive, NoArchiveError, find_archives
from .findings import Findings
from .intake import Intake

__all__ = ["Archive", "Findings", "Intake", "NoArchiveError", "find_archives"]

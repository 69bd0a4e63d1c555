# SPDX-License-Identifier: MIT
"""Imports people from a CSV file: what they are, their addresses, their groups."""

from .csvfile import COLUMNS, NotACsvError, RowErrors
from .importer import ImportCounts, InvalidRowsError, import_people

__all__ = [
    "COLUMNS",
    "ImportCounts",
    "InvalidRowsError",
    "NotACsvError",
    "RowErrors",
    "import_people",
]

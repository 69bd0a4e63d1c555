# SPDX-License-Identifier: MIT
"""Takes people in from a CSV file: who they are, their addresses, their groups."""

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

# SPDX-License-Identifier: MIT
"""Takes people in from a CSV file: who they are, their addresses, their groups."""

from .csvfile import COLUMNS, Faults, NotACsvError
from .importer import Tally, WrongLinesError, take_people

__all__ = ["COLUMNS", "Faults", "NotACsvError", "Tally", "WrongLinesError", "take_people"]

# SPDX-License-Identifier: MIT
"""Takes people in from a CSV file: who they are, their addresses, their groups."""

from .csvfile import COLUMNS, NotACsvError
from .faults import Faults
from .importer import WrongLinesError, take_people
from .tally import Tally

__all__ = ["COLUMNS", "Faults", "NotACsvError", "Tally", "WrongLinesError", "take_people"]

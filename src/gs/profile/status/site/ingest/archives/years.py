# SPDX-License-Identifier: MIT
"""Tells which years a message can be of."""

from datetime import datetime
from typing import Final

# What a clock says that was never set: west of Greenwich that is still the year before 1970.
_FIRST: Final = 1969
_LAST: Final = 2199


def is_plausible(moment: datetime) -> bool:
    """Return whether a message can be of that moment's year.

    It is never a year without a neighbour in the calendar to reckon with.
    """
    return _FIRST <= moment.year <= _LAST

# SPDX-License-Identifier: MIT
"""Cuts many values into lists that a query can name."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

# SQLite before 3.32 takes 999 values.
_LENGTH: Final = 500

_T = TypeVar("_T")


def chunks(values: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield the values in lists of a bounded length, in their order."""
    waiting = iter(values)
    while some := list(islice(waiting, _LENGTH)):
        yield some

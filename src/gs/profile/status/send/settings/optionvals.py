# SPDX-License-Identifier: MIT
"""The values of options: each function turns what the command line says into one.

They raise :exc:`argparse.ArgumentTypeError`, which says what would be right.
"""

from __future__ import annotations

from argparse import ArgumentTypeError

TYPE_CHECKING = False  # for mypy; to import typing would double what --help costs
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import time
    from typing import TypeVar

    from gs.profile.status.hooks import Period

    T = TypeVar("T")

#: Calls in flight: each may need a connection, of which select(2) can wait for about a thousand.
MOST_JOBS = 512

# Calls a second: one a day is a slip, and so is more than any machine can do.
_LOWEST_RATE = 1 / 86_400
_HIGHEST_RATE = 1e6

# Seconds.
_SPELLS = {"": 1, "s": 1, "m": 60, "h": 3600}

# Seconds: libcurl counts in thousandths.
_SHORTEST_TIMEOUT = 0.001


def period(text: str) -> Period:
    """Return a month, such as ``2026-10``."""
    from gs.profile.status.hooks import Period

    try:
        return Period.parse(text)
    except ValueError:
        raise ArgumentTypeError(f"not a month, such as 2026-10: {text!r}") from None


def positive(text: str) -> int:
    """Return a whole number from 1 up."""
    found = _number(text, int)
    if found is None or found < 1:
        raise ArgumentTypeError(f"not a whole number from 1 up: {text!r}")
    return found


def count(text: str) -> int:
    """Return a whole number from 0 up."""
    found = _number(text, int)
    if found is None or found < 0:
        raise ArgumentTypeError(f"not a whole number from 0 up: {text!r}")
    return found


def jobs(text: str) -> int | None:
    """Return how many calls may be in flight, ``None`` for ``auto``."""
    if text.lower() == "auto":
        return None
    found = _number(text, int)
    if found is None or not 1 <= found <= MOST_JOBS:
        raise ArgumentTypeError(f"neither auto nor a number from 1 to {MOST_JOBS}: {text!r}")
    return found


def rate(text: str) -> float:
    """Return calls a second, of what is told as ``2/s``, ``90/m`` or ``5000/h``."""
    told, _, unit = text.partition("/")
    number, spell = _number(told, float), _SPELLS.get(unit)
    found = number / spell if number and spell else 0.0
    if not _LOWEST_RATE <= found <= _HIGHEST_RATE:
        raise ArgumentTypeError(f"not a rate, such as 2/s, 90/m or 5000/h: {text!r}")
    return found


def time_of_day(text: str) -> time:
    """Return a time of day, such as ``06:30``."""
    from datetime import time

    try:
        hour, minute = map(int, text.split(":"))
        return time(hour, minute)
    except ValueError:
        raise ArgumentTypeError(f"not a time of day, such as 06:30: {text!r}") from None


def seconds(text: str) -> float:
    """Return seconds from 0 up."""
    found = _number(text, float)
    # A year: more is a slip, and no system call takes it.
    if found is None or not 0 <= found <= 366 * 86_400:
        raise ArgumentTypeError(f"not a number of seconds from 0 up: {text!r}")
    return found


def timeout(text: str) -> float:
    """Return seconds above 0."""
    found = seconds(text)
    if found < _SHORTEST_TIMEOUT:
        raise ArgumentTypeError(f"not a number of seconds above 0: {text!r}")
    return found


def _number(text: str, kind: Callable[[str], T]) -> T | None:
    try:
        return kind(text)
    except ValueError:
        return None

# SPDX-License-Identifier: MIT
"""The command line: its options, their values and their defaults."""

from __future__ import annotations

import argparse
from argparse import ArgumentTypeError
from functools import partial

from gs.profile.status.send.errors import UsageError
from gs.profile.status.send.version import VERSION

TYPE_CHECKING = False  # for mypy; to import typing would double what --help costs
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import time
    from typing import NoReturn, TypeVar

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


#: What a terminal has that does not say.
COLUMNS = 80

# Columns that argparse, too, leaves free.
_MARGIN = 2

# What sendprofile 1.0.1 took for an option, and newer options would make ambiguous.
_SHORTENED = {
    "--c": "--config",
    "--t": "--throttle",
    "--v": "--verbose",
    "--ve": "--verbose",
    "--ver": "--verbose",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.format_usage()}{self.prog}: {message}")


def parse(argv: Sequence[str], config: str, columns: int = COLUMNS) -> argparse.Namespace:
    """Return the options in *argv*; *config* is the default configuration file.

    Raises :class:`UsageError`; ``--help`` and ``--version`` print, no wider than *columns*, and
    end the program.
    """
    return parser(config, columns).parse_args([_in_full(word) for word in argv])


def parser(config: str, columns: int = COLUMNS) -> argparse.ArgumentParser:
    """Return the parser of the command line, for a terminal of so many *columns*."""
    made = _Parser(
        prog="sendprofile",
        # Told no width, it asks shutil, which imports three packers first: a sixth of --help.
        formatter_class=partial(argparse.HelpFormatter, width=columns - _MARGIN),
        description="Send every member of a GroupServer site the monthly notification, "
        "What is happening in your groups.",
        epilog="Usually %(prog)s is called by cron(8) at the start of the month. "
        "The manual has the exit codes and what to do about each.",
    )
    made.add_argument("url", help="the URL of the GroupServer site")
    made.add_argument("-V", "--version", action="version", version=f"%(prog)s {VERSION}")
    made.add_argument(
        "-c",
        "--config",
        default=config,
        help="the GroupServer configuration file, which has the token (default: %(default)s)",
    )
    made.add_argument(
        "-i",
        "--instance",
        default="default",
        help="the configuration set to use (default: %(default)s)",
    )
    made.add_argument(
        "-v", "--verbose", action="store_true", help="say what is being done (default: silent)"
    )
    _add_run(made)
    _add_pace(made)
    _add_connection(made)
    _add_looking(made)
    return made


def _in_full(word: str) -> str:
    option, equals, value = word.partition("=")
    return f"{_SHORTENED.get(option, option)}{equals}{value}"


def _add_run(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--period",
        metavar="YYYY-MM",
        type=period,
        help="the month to report on (default: the month before today)",
    )
    made.add_argument(
        "--only",
        metavar="ID",
        action="append",
        help="send to this member alone; may be given more than once",
    )
    made.add_argument(
        "--limit",
        metavar="N",
        type=positive,
        help="stop after N members (default: no limit)",
    )
    made.add_argument(
        "--again", action="store_true", help="send to everybody once more, in a new round"
    )
    made.add_argument(
        "--resend-unknown",
        action="store_true",
        help="send to those, too, who may have been sent to: the site did not say",
    )
    made.add_argument(
        "--ledger",
        metavar="FILE",
        help="where it is recorded who was sent to (default: ledger.sqlite3 in the folder of "
        "STATE_DIRECTORY, else in sendprofile below the user's state folder)",
    )


def _add_pace(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "-t",
        "--throttle",
        metavar="TIME",
        type=seconds,
        default=0.0,
        help="seconds to pause after each notification sent, such as 0.5 (default: 0)",
    )
    made.add_argument(
        "--max-unknown",
        metavar="N",
        type=count,
        default=10,
        help="stop after N answers in a row that do not tell whether mail was sent, "
        "0 for never (default: %(default)s)",
    )
    made.add_argument(
        "-j",
        "--jobs",
        metavar="N",
        type=jobs,
        default=1,
        help="how many calls of the site may be in flight at once, "
        "auto for as many as it can use (default: %(default)s)",
    )
    made.add_argument(
        "--rate",
        metavar="N/s",
        type=rate,
        help="begin so many calls a second, evenly; also N/m, a minute, and N/h, an hour",
    )
    made.add_argument(
        "--until",
        metavar="HH:MM",
        type=time_of_day,
        help="stop at this time of day; calling again goes on",
    )
    made.add_argument(
        "--patience",
        metavar="SECONDS",
        type=seconds,
        default=300.0,
        help="how long to go on trying a site that cannot be reached (default: 300)",
    )


def _add_connection(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=timeout,
        default=240.0,
        help="how long to wait for an answer of the site (default: 240)",
    )
    made.add_argument(
        "--cacert",
        metavar="FILE",
        help="trust the authorities in this PEM file instead of the system's",
    )


def _add_looking(made: argparse.ArgumentParser) -> None:
    instead = made.add_mutually_exclusive_group()
    instead.add_argument(
        "--status",
        action="store_true",
        help="show what is recorded of this site, and do nothing else",
    )
    instead.add_argument(
        "--dry-run",
        action="store_true",
        help="ask for the list of members, say who would be sent to, and send nothing",
    )
    made.add_argument("--json", action="store_true", help="give the account of the run as JSON")

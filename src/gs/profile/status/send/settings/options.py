# SPDX-License-Identifier: MIT
"""The command line: its options, their values and their defaults."""

from __future__ import annotations

import argparse
from argparse import ArgumentTypeError
from functools import partial

from gs.profile.status.send.errors import UsageError
from gs.profile.status.send.version import VERSION

TYPE_CHECKING = False  # for mypy; to import typing would double the time of --help
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import time
    from typing import NoReturn, TypeVar

    from gs.profile.status.hooks import Period

    T = TypeVar("T")

#: Calls in flight: each may need a connection, and select(2) can wait for about a thousand.
MOST_JOBS = 512

# Calls a second, from one a day to more than any machine can do.
_LOWEST_RATE = 1 / 86_400
_HIGHEST_RATE = 1e6

# Seconds.
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}

# Seconds: libcurl counts in milliseconds.
_SHORTEST_TIMEOUT = 0.001


#: The width of a terminal that does not report one.
COLUMNS = 80

# Columns that argparse leaves empty.
_MARGIN = 2

# Short forms that sendprofile 1.0.1 accepted, and that newer options would make ambiguous.
_SHORT_FORMS = {
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
    parser_ = _Parser(
        prog="sendprofile",
        # Without a width argparse imports shutil: a sixth of the time of --help.
        formatter_class=partial(argparse.HelpFormatter, width=columns - _MARGIN),
        description="Send every member of a GroupServer site the monthly notification, "
        "What is happening in your groups.",
        epilog="Usually cron(8) runs %(prog)s at the start of the month. "
        "The manual explains the exit codes.",
    )
    parser_.add_argument("url", help="the URL of the GroupServer site")
    parser_.add_argument("-V", "--version", action="version", version=f"%(prog)s {VERSION}")
    parser_.add_argument(
        "-c",
        "--config",
        default=config,
        help="the GroupServer configuration file, which has the token (default: %(default)s)",
    )
    parser_.add_argument(
        "-i",
        "--instance",
        default="default",
        help="the configuration set to use (default: %(default)s)",
    )
    parser_.add_argument(
        "-v", "--verbose", action="store_true", help="show the progress (default: silent)"
    )
    _add_run(parser_)
    _add_pace(parser_)
    _add_connection(parser_)
    _add_reports(parser_)
    return parser_


def _in_full(word: str) -> str:
    option, equals, value = word.partition("=")
    return f"{_SHORT_FORMS.get(option, option)}{equals}{value}"


def _add_run(parser_: argparse.ArgumentParser) -> None:
    parser_.add_argument(
        "--period",
        metavar="YYYY-MM",
        type=period,
        help="the month to report on (default: the previous month)",
    )
    parser_.add_argument(
        "--only",
        metavar="ID",
        action="append",
        help="send only to this member; can be repeated",
    )
    parser_.add_argument(
        "--limit",
        metavar="N",
        type=positive,
        help="stop after N members (default: no limit)",
    )
    parser_.add_argument(
        "--again", action="store_true", help="send to all members again, in a new round"
    )
    parser_.add_argument(
        "--resend-unknown",
        action="store_true",
        help="also send to members whose outcome is unknown; they may get a second mail",
    )
    parser_.add_argument(
        "--ledger",
        metavar="FILE",
        help="the file that records who was sent to (default: ledger.sqlite3 in the folder "
        "$STATE_DIRECTORY, or in the folder sendprofile of the user's state folder)",
    )


def _add_pace(parser_: argparse.ArgumentParser) -> None:
    parser_.add_argument(
        "-t",
        "--throttle",
        metavar="TIME",
        type=seconds,
        default=0.0,
        help="seconds to pause after each notification sent, such as 0.5 (default: 0)",
    )
    parser_.add_argument(
        "--max-unknown",
        metavar="N",
        type=count,
        default=10,
        help="stop after N unknown outcomes in a row, 0 for no limit (default: %(default)s)",
    )
    parser_.add_argument(
        "-j",
        "--jobs",
        metavar="N",
        type=jobs,
        default=1,
        help="how many calls are in flight at once, auto for as many as the site can use "
        "(default: %(default)s)",
    )
    parser_.add_argument(
        "--rate",
        metavar="N/s",
        type=rate,
        help="begin at most N calls a second, evenly; also N/m (a minute) and N/h (an hour)",
    )
    parser_.add_argument(
        "--until",
        metavar="HH:MM",
        type=time_of_day,
        help="stop at this time of day; run the command again to resume",
    )
    parser_.add_argument(
        "--patience",
        metavar="SECONDS",
        type=seconds,
        default=300.0,
        help="how long to retry while the site fails (default: 300)",
    )


def _add_connection(parser_: argparse.ArgumentParser) -> None:
    parser_.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=timeout,
        default=240.0,
        help="how long to wait for an answer of the site (default: 240)",
    )
    parser_.add_argument(
        "--cacert",
        metavar="FILE",
        help="trust the certificate authorities in this PEM file, not those of the system",
    )


def _add_reports(parser_: argparse.ArgumentParser) -> None:
    instead = parser_.add_mutually_exclusive_group()
    instead.add_argument(
        "--status",
        action="store_true",
        help="show the runs of this site in the ledger, and do nothing else",
    )
    instead.add_argument(
        "--dry-run",
        action="store_true",
        help="show which members would be sent to, and send nothing",
    )
    parser_.add_argument("--json", action="store_true", help="write the report as JSON")


def period(text: str) -> Period:
    """Return a month, such as ``2026-10``."""
    from gs.profile.status.hooks import Period

    try:
        return Period.parse(text)
    except ValueError:
        raise ArgumentTypeError(f"not a month, such as 2026-10: {text!r}") from None


def positive(text: str) -> int:
    """Return a whole number of at least 1."""
    number = _number(text, int)
    if number is None or number < 1:
        raise ArgumentTypeError(f"not a whole number of at least 1: {text!r}")
    return number


def count(text: str) -> int:
    """Return a whole number of at least 0."""
    number = _number(text, int)
    if number is None or number < 0:
        raise ArgumentTypeError(f"not a whole number of at least 0: {text!r}")
    return number


def jobs(text: str) -> int | None:
    """Return how many calls may be in flight, ``None`` for ``auto``."""
    if text.lower() == "auto":
        return None
    number = _number(text, int)
    if number is None or not 1 <= number <= MOST_JOBS:
        raise ArgumentTypeError(f"neither auto nor a number from 1 to {MOST_JOBS}: {text!r}")
    return number


def rate(text: str) -> float:
    """Return calls a second from a text such as ``2/s``, ``90/m`` or ``5000/h``."""
    calls, _, unit = text.partition("/")
    number, unit_seconds = _number(calls, float), _UNIT_SECONDS.get(unit)
    per_second = number / unit_seconds if number and unit_seconds else 0.0
    if not _LOWEST_RATE <= per_second <= _HIGHEST_RATE:
        raise ArgumentTypeError(f"not a rate, such as 2/s, 90/m or 5000/h: {text!r}")
    return per_second


def time_of_day(text: str) -> time:
    """Return a time of day, such as ``06:30``."""
    from datetime import time

    try:
        hour, minute = map(int, text.split(":"))
        return time(hour, minute)
    except ValueError:
        raise ArgumentTypeError(f"not a time of day, such as 06:30: {text!r}") from None


def seconds(text: str) -> float:
    """Return seconds of at least 0."""
    number = _number(text, float)
    # A year: system calls do not accept much more.
    if number is None or not 0 <= number <= 366 * 86_400:
        raise ArgumentTypeError(f"not a number of seconds of at least 0: {text!r}")
    return number


def timeout(text: str) -> float:
    """Return seconds above 0."""
    number = seconds(text)
    if number < _SHORTEST_TIMEOUT:
        raise ArgumentTypeError(f"not a number of seconds above 0: {text!r}")
    return number


def _number(text: str, kind: Callable[[str], T]) -> T | None:
    try:
        return kind(text)
    except ValueError:
        return None

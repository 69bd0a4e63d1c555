# SPDX-License-Identifier: MIT
"""The command line: its options, their meanings and defaults."""

from __future__ import annotations

import argparse

from .errors import UsageError
from .version import VERSION

TYPE_CHECKING = False  # for mypy; to import typing would double what --help costs
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn, TypeVar

    from gs.profile.status.hooks import Period

    T = TypeVar("T")

# Seconds: libcurl counts in thousandths.
_SHORTEST_TIMEOUT = 0.001

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


def parse(argv: Sequence[str], config: str) -> argparse.Namespace:
    """Return the options in *argv*; *config* is the default configuration file.

    Raises :class:`UsageError`; ``--help`` and ``--version`` print, and end the program.
    """
    return parser(config).parse_args([_in_full(word) for word in argv])


def parser(config: str) -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = _Parser(
        prog="sendprofile",
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
        type=_period,
        help="the month to report on (default: the month before today)",
    )
    made.add_argument(
        "--only",
        metavar="ID",
        action="append",
        help="send to this member alone; may be given more than once",
    )
    made.add_argument(
        "--limit", metavar="N", type=_positive, help="stop after N members (default: no limit)"
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
        type=_seconds,
        default=0.0,
        help="seconds to pause after each notification sent, such as 0.5 (default: 0)",
    )
    made.add_argument(
        "--max-unknown",
        metavar="N",
        type=_count,
        default=10,
        help="stop after N answers in a row that do not tell whether mail was sent, "
        "0 for never (default: %(default)s)",
    )
    made.add_argument(
        "-j",
        "--jobs",
        metavar="N",
        type=_positive,
        default=1,
        help="how many calls of the site may be in flight at once (default: %(default)s)",
    )
    made.add_argument(
        "--patience",
        metavar="SECONDS",
        type=_seconds,
        default=300.0,
        help="how long to go on trying a site that cannot be reached (default: 300)",
    )


def _add_connection(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_timeout,
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


def _period(text: str) -> Period:
    from gs.profile.status.hooks import Period

    try:
        return Period.parse(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a month, such as 2026-10: {text!r}") from None


def _positive(text: str) -> int:
    count = _count(text)
    if not count:
        raise argparse.ArgumentTypeError("not a whole number from 1 up: '0'")
    return count


def _seconds(text: str) -> float:
    seconds = _number(text, float)
    # A year: more is a slip, and no system call takes it.
    if not 0 <= seconds <= 366 * 86_400:
        raise argparse.ArgumentTypeError(f"not a number of seconds from 0 up: {text!r}")
    return seconds


def _timeout(text: str) -> float:
    seconds = _seconds(text)
    if seconds < _SHORTEST_TIMEOUT:
        raise argparse.ArgumentTypeError(f"not a number of seconds above 0: {text!r}")
    return seconds


def _count(text: str) -> int:
    count = _number(text, int)
    if count < 0:
        raise argparse.ArgumentTypeError(f"not a whole number from 0 up: {text!r}")
    return count


def _number(text: str, kind: Callable[[str], T]) -> T:
    try:
        return kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a number: {text!r}") from None

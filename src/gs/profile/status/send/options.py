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
    _add_pace(made)
    _add_connection(made)
    return made


def _in_full(word: str) -> str:
    option, equals, value = word.partition("=")
    return f"{_SHORTENED.get(option, option)}{equals}{value}"


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

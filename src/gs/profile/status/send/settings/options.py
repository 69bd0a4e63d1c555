# SPDX-License-Identifier: MIT
"""The command line: its options, their meanings and defaults."""

from __future__ import annotations

import argparse
from functools import partial

from gs.profile.status.send.errors import UsageError
from gs.profile.status.send.version import VERSION

from . import optionvals

TYPE_CHECKING = False  # for mypy; to import typing would double what --help costs
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

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
        type=optionvals.period,
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
        type=optionvals.positive,
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
        type=optionvals.seconds,
        default=0.0,
        help="seconds to pause after each notification sent, such as 0.5 (default: 0)",
    )
    made.add_argument(
        "--max-unknown",
        metavar="N",
        type=optionvals.count,
        default=10,
        help="stop after N answers in a row that do not tell whether mail was sent, "
        "0 for never (default: %(default)s)",
    )
    made.add_argument(
        "-j",
        "--jobs",
        metavar="N",
        type=optionvals.jobs,
        default=1,
        help="how many calls of the site may be in flight at once, "
        "auto for as many as it can use (default: %(default)s)",
    )
    made.add_argument(
        "--rate",
        metavar="N/s",
        type=optionvals.rate,
        help="begin so many calls a second, evenly; also N/m, a minute, and N/h, an hour",
    )
    made.add_argument(
        "--until",
        metavar="HH:MM",
        type=optionvals.time_of_day,
        help="stop at this time of day; calling again goes on",
    )
    made.add_argument(
        "--patience",
        metavar="SECONDS",
        type=optionvals.seconds,
        default=300.0,
        help="how long to go on trying a site that cannot be reached (default: 300)",
    )


def _add_connection(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=optionvals.timeout,
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

# SPDX-License-Identifier: MIT
"""The command line of the site: from its options to the exit code."""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final, NoReturn, TypeAlias

EX_OK: Final = 0
EX_NOT_INSTALLED: Final = 1
EX_USAGE: Final = 64
INTERRUPTED: Final = 130
# The resolver would take a larger number, and listen on another port.
_LAST_PORT: Final = 65_535

_NOT_INSTALLED: Final = """\
sendprofile-site: {name} is not installed. The site needs more than the sender does:
pip install 'gs.profile.status.send[site]'
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says, and return the exit code."""
    options = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding does not have must not end the program.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a TextIOWrapper
    try:
        return _do(options)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("gs."):
            raise
        sys.stderr.write(_NOT_INSTALLED.format(name=error.name))
        return EX_NOT_INSTALLED
    except KeyboardInterrupt:
        return INTERRUPTED


def _do(options: argparse.Namespace) -> int:
    from . import commands  # noqa: PLC0415 - only the extra has what it imports

    try:
        commands.COMMANDS[options.command](options)
    except commands.CommandError as error:
        sys.stderr.write(f"sendprofile-site: {error}\n")
        return error.code
    return EX_OK


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EX_USAGE, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="sendprofile-site",
        description="A GroupServer site for sendprofile: it answers the two web hooks, composes "
        "the notification, and hands it to a Maildir folder.",
    )
    parser.add_argument(
        "-V",
        "--version",
        action="version",
        version=f"%(prog)s {version('gs.profile.status.send')}",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_demo(commands.add_parser)
    _add_import(commands.add_parser)
    _add_serve(commands.add_parser)
    return parser


_AddParser: TypeAlias = Callable[..., argparse.ArgumentParser]


def _add_demo(add_parser: _AddParser) -> None:
    demo = add_parser(
        "demo",
        help="serve an invented community, to try sendprofile with",
        description="Make a site with an invented community, and serve it until Control-C.",
    )
    _add_folder(demo, default=None, text="a new folder for the site (default: a temporary one)")
    demo.add_argument(
        "--data", type=Path, metavar="FOLDER", help="real archives instead, as import-mbox takes"
    )
    _add_port(demo)


def _add_import(add_parser: _AddParser) -> None:
    taken = add_parser(
        "import-mbox",
        help="make a site from the archives of mailing lists, or add to it",
        description="Take archives in: each mbox file of FOLDER, or folder of them, is a group, "
        "and its senders are the members. Names and addresses are replaced by invented ones.",
    )
    taken.add_argument("data", type=Path, metavar="FOLDER", help="the folder with the archives")
    _add_folder(taken)
    taken.add_argument(
        "--keep-addresses",
        action="store_true",
        help="keep the real names and addresses: the members will get mail",
    )


def _add_serve(add_parser: _AddParser) -> None:
    served = add_parser("serve", help="serve a site", description="Serve a site until Control-C.")
    _add_folder(served)
    served.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)"
    )
    _add_port(served)
    served.add_argument(
        "--period",
        metavar="YYYY-MM",
        help="the month to report on (default: the month before today; of an archive that has "
        "ended, its last lively one)",
    )


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= _LAST_PORT:
        raise ValueError(text)
    return port


def _add_folder(
    parser: argparse.ArgumentParser,
    default: Path | None = Path("site"),
    text: str = "the folder of the site (default: %(default)s)",
) -> None:
    parser.add_argument("--folder", type=Path, default=default, metavar="DIR", help=text)


def _add_port(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=_port, default=0, metavar="N", help="the port (default: one that is free)"
    )
    parser.add_argument(
        "--ready-file", type=Path, metavar="PATH", help="a file to write, as JSON, when it listens"
    )

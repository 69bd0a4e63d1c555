# SPDX-License-Identifier: MIT
"""The options of the commands, as the command line has them."""

import argparse
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final, NoReturn, TypeAlias

_EX_USAGE: Final = 64
# The resolver would take a larger number, and listen on another port.
_LAST_PORT: Final = 65_535

_AddParser: TypeAlias = Callable[..., argparse.ArgumentParser]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(_EX_USAGE, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """Return what parses the command line; ``command`` is the name of the command."""
    made = _Parser(
        prog="sendprofile-site",
        description="A GroupServer site for sendprofile: it answers the two web hooks, composes "
        "the notification, and hands it to a mail server.",
    )
    made.add_argument(
        "-V",
        "--version",
        action="version",
        version=f"%(prog)s {version('gs.profile.status.send')}",
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (
        _add_init,
        _add_import_people,
        _add_import_mbox,
        _add_preview,
        _add_serve,
        _add_token,
        _add_doubts,
        _add_demo,
    ):
        add(commands.add_parser)
    return made


def _add_init(add_parser: _AddParser) -> None:
    init = add_parser(
        "init",
        help="make a site",
        description="Make a site that has nothing in it yet: its settings, its database, a token "
        "and a gsconfig.ini for sendprofile.",
    )
    _add_folder(init)
    init.add_argument(
        "--database",
        metavar="URL",
        help="postgresql://USER@HOST/NAME (default: a SQLite file in the folder)",
    )
    init.add_argument("--title", metavar="TEXT", help="what the site is called")
    init.add_argument("--url", metavar="URL", help="where the site is on the web")
    init.add_argument("--support", metavar="ADDRESS", help="the e-mail address for questions")
    init.add_argument(
        "--group",
        action="append",
        default=[],
        metavar="ID=TITLE",
        help="a group of the site (may be given again)",
    )


def _add_import_people(add_parser: _AddParser) -> None:
    taken = add_parser(
        "import-people",
        help="take the members in from a CSV file",
        description="Take people in, with their addresses and groups: all of FILE, or nothing "
        "where a line of it is wrong. Its columns are ID, name, addresses, language, time zone, "
        "groups, role.",
    )
    taken.add_argument("file", type=Path, metavar="FILE", help="the CSV file")
    _add_folder(taken)
    taken.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and do nothing of it"
    )
    taken.add_argument(
        "--make-groups", action="store_true", help="make the groups that are not there"
    )


def _add_import_mbox(add_parser: _AddParser) -> None:
    taken = add_parser(
        "import-mbox",
        help="take the archives of mailing lists in",
        description="Take archives in: each mbox file of FOLDER, or folder of them, is a group, "
        "and its senders are members. Names and addresses are replaced by invented ones. The site "
        "is made if there is none.",
    )
    taken.add_argument("data", type=Path, metavar="FOLDER", help="the folder with the archives")
    _add_folder(taken)
    taken.add_argument(
        "--keep-addresses",
        action="store_true",
        help="keep the real names and addresses: the members will get mail",
    )
    taken.add_argument("--site", metavar="ID", help="the site, where there are several")


def _add_preview(add_parser: _AddParser) -> None:
    preview = add_parser(
        "preview",
        help="write the notification of a member into files",
        description="Write the notification of a member into files, or say why there is none. "
        "Nobody is mailed.",
    )
    preview.add_argument("id", metavar="ID", help="the ID of the member")
    _add_folder(preview)
    _add_period(preview)
    preview.add_argument(
        "--to",
        type=Path,
        default=Path("preview"),
        metavar="DIR",
        help="the folder for the files (default: %(default)s)",
    )


def _add_serve(add_parser: _AddParser) -> None:
    served = add_parser("serve", help="serve a site", description="Serve a site until Control-C.")
    _add_folder(served)
    served.add_argument("--host", metavar="HOST", help="the address to listen on")
    _add_port(served)
    served.add_argument("--unix", type=Path, metavar="PATH", help="a socket to listen on instead")
    _add_url(served)
    _add_period(served)
    _add_logs(served)


def _add_token(add_parser: _AddParser) -> None:
    token = add_parser(
        "token",
        help="give the site another token",
        description="Make a new token, in the database and in the gsconfig.ini of the folder. The "
        "one before is refused within a second.",
    )
    _add_folder(token)


def _add_doubts(add_parser: _AddParser) -> None:
    doubts = add_parser(
        "doubts",
        help="list or settle what may or may not have been mailed",
        description="List the notifications of which a crash, or a mail server without an answer, "
        "left open whether they were mailed; or settle them.",
    )
    _add_folder(doubts)
    settled = doubts.add_mutually_exclusive_group()
    settled.add_argument("--sent", nargs="+", metavar="KEY", help="these were mailed")
    settled.add_argument("--not-sent", nargs="+", metavar="KEY", help="these were not mailed")


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
    _add_url(demo)
    _add_logs(demo)
    demo.set_defaults(host=None, unix=None)


def _add_folder(
    add_to: argparse.ArgumentParser,
    default: Path | None = Path("site"),
    text: str = "the folder of the site (default: %(default)s)",
) -> None:
    add_to.add_argument("--folder", type=Path, default=default, metavar="DIR", help=text)


def _add_period(add_to: argparse.ArgumentParser) -> None:
    add_to.add_argument(
        "--period",
        metavar="YYYY-MM",
        help="the month to report on (default: the month before today; of an archive that has "
        "ended, its last lively one)",
    )


def _add_port(add_to: argparse.ArgumentParser) -> None:
    add_to.add_argument("--port", type=_port, metavar="N", help="the port (0: one that is free)")
    add_to.add_argument(
        "--ready-file", type=Path, metavar="PATH", help="a file to write, as JSON, when it listens"
    )


def _add_url(add_to: argparse.ArgumentParser) -> None:
    add_to.add_argument(
        "--url", metavar="URL", help="where members reach the service, for links in their e-mails"
    )


def _add_logs(add_to: argparse.ArgumentParser) -> None:
    add_to.add_argument("--log-format", choices=("text", "json"), help="how the log is written")
    add_to.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        help="the least that is logged",
    )


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= len(str(_LAST_PORT)):
        port = int(text)
        if port <= _LAST_PORT:
            return port
    right = f"is no port, a whole number from 0 to {_LAST_PORT}"
    raise argparse.ArgumentTypeError(f"{text!r} {right}")

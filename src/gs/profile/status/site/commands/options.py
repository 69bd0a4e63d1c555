# SPDX-License-Identifier: MIT
"""The command line: its commands and their options."""

import argparse
import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final, NoReturn, TypeAlias

# The resolver accepts a larger number, and uses another port.
_LAST_PORT: Final = 65_535

_AddParser: TypeAlias = Callable[..., argparse.ArgumentParser]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(os.EX_USAGE, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; ``command`` is the name of the command."""
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
        help="create a site",
        description="Create an empty site: its settings, its database, a token, and a "
        "gsconfig.ini for sendprofile.",
    )
    _add_folder(init)
    init.add_argument(
        "--database",
        metavar="URL",
        help="postgresql://USER@HOST/NAME (default: a SQLite file in the folder)",
    )
    init.add_argument("--title", metavar="TEXT", help="the title of the site")
    init.add_argument("--url", metavar="URL", help="the URL of the site")
    init.add_argument("--support", metavar="ADDRESS", help="the e-mail address for questions")
    init.add_argument(
        "--group",
        action="append",
        default=[],
        metavar="ID=TITLE",
        help="a group of the site (can be repeated)",
    )


def _add_import_people(add_parser: _AddParser) -> None:
    command = add_parser(
        "import-people",
        help="import the members from a CSV file",
        description="Import people with their addresses and groups: the whole FILE, or nothing "
        "if a line of it is wrong. Its columns are ID, name, addresses, language, time zone, "
        "groups, role.",
    )
    command.add_argument("file", type=Path, metavar="FILE", help="the CSV file")
    _add_folder(command)
    command.add_argument(
        "--dry-run", action="store_true", help="print what would be imported, and write nothing"
    )
    command.add_argument(
        "--make-groups", action="store_true", help="create the groups that do not exist"
    )


def _add_import_mbox(add_parser: _AddParser) -> None:
    command = add_parser(
        "import-mbox",
        help="import the archives of mailing lists",
        description="Import archives: each mbox file in FOLDER, or each folder of them, becomes a "
        "group, and its senders become members. Invented names and addresses replace the real "
        "ones. The site is created if there is none.",
    )
    command.add_argument("data", type=Path, metavar="FOLDER", help="the folder with the archives")
    _add_folder(command)
    command.add_argument(
        "--keep-addresses",
        action="store_true",
        help="keep the real names and addresses, so that the members are mailed",
    )
    command.add_argument("--site", metavar="ID", help="the site, if there are several")


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
        help="replace the token of the site",
        description="Replace the token in the database and in the gsconfig.ini of the folder. The "
        "old token is refused within a second.",
    )
    _add_folder(token)


def _add_doubts(add_parser: _AddParser) -> None:
    doubts = add_parser(
        "doubts",
        help="list or resolve what may or may not have been mailed",
        description="List the notifications that may or may not have been mailed, because of a "
        "crash or a mail server that did not answer; or resolve them.",
    )
    _add_folder(doubts)
    resolved = doubts.add_mutually_exclusive_group()
    resolved.add_argument("--sent", nargs="+", metavar="KEY", help="these were mailed")
    resolved.add_argument("--not-sent", nargs="+", metavar="KEY", help="these were not mailed")


def _add_demo(add_parser: _AddParser) -> None:
    demo = add_parser(
        "demo",
        help="serve an invented community, to try sendprofile",
        description="Create a site with an invented community, and serve it until Control-C.",
    )
    _add_folder(demo, default=None, text="a new folder for the site (default: a temporary one)")
    demo.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="archives to import instead, as for import-mbox",
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
        "ended, its last active month)",
    )


def _add_port(add_to: argparse.ArgumentParser) -> None:
    add_to.add_argument("--port", type=_port, metavar="N", help="the port (0: any free port)")
    add_to.add_argument(
        "--ready-file", type=Path, metavar="PATH", help="a JSON file to write when it listens"
    )


def _add_url(add_to: argparse.ArgumentParser) -> None:
    add_to.add_argument(
        "--url", metavar="URL", help="the URL of the service, for links in the e-mails"
    )


def _add_logs(add_to: argparse.ArgumentParser) -> None:
    add_to.add_argument("--log-format", choices=("text", "json"), help="the format of the log")
    add_to.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        help="the lowest level that is logged",
    )


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= len(str(_LAST_PORT)):
        port = int(text)
        if port <= _LAST_PORT:
            return port
    right = f"is not a port, a whole number from 0 to {_LAST_PORT}"
    raise argparse.ArgumentTypeError(f"{text!r} {right}")

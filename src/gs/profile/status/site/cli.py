# SPDX-License-Identifier: MIT
"""The command line of the site: from its options to the exit code."""

import logging
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from argparse import Namespace

EX_OK: Final = 0
EX_NOT_INSTALLED: Final = 1
INTERRUPTED: Final = 130

#: The module of each command, which has a function ``run``.
COMMANDS: Final = MappingProxyType(
    {
        "demo": "demo",
        "doubts": "doubts",
        "import-mbox": "import_mbox",
        "import-people": "import_people",
        "init": "init",
        "preview": "preview",
        "serve": "serve",
        "token": "token",
    }
)
_NOT_INSTALLED: Final = """\
sendprofile-site: {name} is not installed. The site needs more packages than the sender: run
{command}
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says, and return the exit code."""
    try:
        # Here, so that Control-C during the import is no traceback either.
        from gs.profile.status.site.commands.options import parser  # noqa: PLC0415

        options = parser().parse_args(argv)
        for stream in (sys.stdout, sys.stderr):
            # A name that the terminal's encoding does not have must not end the program.
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # TextIOWrapper
        return _do(options)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("gs."):
            raise
        from .installation import install_command  # noqa: PLC0415 - only this needs it

        told = _NOT_INSTALLED.format(name=error.name, command=install_command("site"))
        sys.stderr.write(told)
        return EX_NOT_INSTALLED
    except KeyboardInterrupt:
        return INTERRUPTED


def _do(options: "Namespace") -> int:
    # Until the log is set up: Control-C while a connection is closed is logged with a traceback.
    logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())
    # Only the extra has what these import.
    package = f"{__package__}.commands"
    error_type = import_module(f"{package}.common").CommandError
    run = cast(
        "Callable[[Namespace], None]", import_module(f"{package}.{COMMANDS[options.command]}").run
    )
    try:
        run(options)
    except error_type as error:
        sys.stderr.write(f"sendprofile-site: {error}\n")
        return cast("int", error.code)
    return EX_OK

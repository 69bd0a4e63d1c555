# SPDX-License-Identifier: MIT
"""The command line of the site: from its options to the exit code."""

import logging
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from argparse import Namespace

#: Exit codes that are not in :mod:`os`: a package is missing; Control-C.
NOT_INSTALLED: Final = 1
INTERRUPTED: Final = 130

_NOT_INSTALLED: Final = """\
sendprofile-site: {name} is not installed. The site needs more packages than the sender: run
{command}
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command of the command line, and return the exit code."""
    try:
        # Imported here, so that Control-C during the import gives no traceback.
        from gs.profile.status.site.commands.options import parser  # noqa: PLC0415

        options = parser().parse_args(argv)
        for stream in (sys.stdout, sys.stderr):
            # A character that the terminal's encoding lacks must not end the program.
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # TextIOWrapper
        return _run(options)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("gs."):
            raise
        from .installation import install_command  # noqa: PLC0415 - only needed here

        command = install_command("site")
        sys.stderr.write(_NOT_INSTALLED.format(name=error.name, command=command))
        return NOT_INSTALLED
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(options: "Namespace") -> int:
    # Until the log is set up: SQLAlchemy logs a traceback if Control-C closes a connection.
    logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())
    # These import packages of the extra.
    package = f"{__package__}.commands"
    error_type = import_module(f"{package}.common").CommandError
    module = options.command.replace("-", "_")
    run = cast("Callable[[Namespace], None]", import_module(f"{package}.{module}").run)
    try:
        run(options)
    except error_type as error:
        sys.stderr.write(f"sendprofile-site: {error}\n")
        return cast("int", error.code)
    return os.EX_OK

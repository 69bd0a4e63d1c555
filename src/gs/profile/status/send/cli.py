# SPDX-License-Identifier: MIT
"""The command: from the command line to the exit code."""

from __future__ import annotations

import os
import sys

from . import errors
from .settings import options

# What only some calls need is imported by them: --help is to cost nothing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

_NOT_OK = "Error communicating with the server while receiving the list of people:\n{error}."
_ADVICE = "See that the URL is the site's, and what the site's log says."

#: The configuration file, below the folder of an instance.
CONFIG = "etc/gsconfig.ini"


def command(config: str = CONFIG) -> int:
    """Do what the command line of this process asks for, and return the exit code."""
    return main(sys.argv[1:], os.environ, config)


def main(argv: Sequence[str], environment: Mapping[str, str], config: str) -> int:
    """Do what *argv* asks for, and return the exit code.

    *config* is the default configuration file, relative to ``$INSTANCE_HOME`` where that is set.
    """
    for stream in filter(None, (sys.stdout, sys.stderr)):
        # A name that the terminal's encoding does not have must not end a run.
        stream.reconfigure(errors="backslashreplace")
    try:
        return _program(argv, environment, config)
    except errors.SendProfileError as error:
        return _explain(error)
    except KeyboardInterrupt:
        return 130
    except Exception:  # noqa: BLE001 - the one place where a bug is turned into an exit code
        return _confess()


def default_config(environment: Mapping[str, str], config: str) -> str:
    """Return where the configuration file is that a call without ``--config`` reads."""
    return os.path.join(environment.get("INSTANCE_HOME", ""), config)  # noqa: PTH118 - costs no import


def _program(argv: Sequence[str], environment: Mapping[str, str], config: str) -> int:
    columns = _columns(environment, sys.stdout)
    chosen = options.parse(argv, default_config(environment, config), columns)
    from datetime import datetime

    from gs.profile.status.send.report.output import Output
    from gs.profile.status.send.settings.settings import Settings
    from gs.profile.status.send.tasks.task import Task

    # The month before today where this machine is, as its cron has it.
    settings = Settings.of(chosen, environment, datetime.now().astimezone())
    task = Task(settings, environment, Output(sys.stdout), Output(sys.stderr))
    if chosen.status:
        from gs.profile.status.send.tasks.status import show_status as do
    elif chosen.dry_run:
        from gs.profile.status.send.tasks.dryrun import dry_run as do
    else:
        from gs.profile.status.send.tasks.send import send as do
    return do(task)


def _columns(environment: Mapping[str, str], stream: TextIO | None) -> int:
    # As shutil.get_terminal_size, whose module costs more than all of ours that --help imports.
    try:
        told = int(environment.get("COLUMNS", ""))
        if told > 0:
            return told
    except ValueError:
        pass
    try:
        return (stream and os.get_terminal_size(stream.fileno()).columns) or options.COLUMNS
    except (OSError, ValueError):
        return options.COLUMNS


def _explain(error: errors.SendProfileError) -> int:
    from .errorvals import code_of_error

    if isinstance(error, errors.BusyError):
        _say(sys.stderr, _busy(error))
    elif isinstance(error, errors.NotOk):
        _say(sys.stderr, f"{_NOT_OK.format(error=error)} {_ADVICE}")
    else:
        _say(sys.stderr, str(error))
    return code_of_error(error)


def _busy(error: errors.BusyError) -> str:
    from datetime import datetime

    from gs.profile.status.send.report.summary import retry_after_line

    told = _NOT_OK.format(error=error)
    if not error.retry_after:
        return f"{told} Nobody was sent to; try again later."
    return f"{told}\n{retry_after_line(error.retry_after, datetime.now().astimezone())}"


def _say(stream: TextIO | None, text: str) -> None:
    from gs.profile.status.send.report.output import Output

    Output(stream).line(text)


def _confess() -> int:
    import traceback

    from .errorvals import EX_SOFTWARE

    _say(sys.stderr, traceback.format_exc())
    _say(sys.stderr, "This is a bug in sendprofile: please report it, with the lines above.")
    return EX_SOFTWARE

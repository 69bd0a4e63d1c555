# SPDX-License-Identifier: MIT
"""The command: from the command line to the exit code."""

from __future__ import annotations

import os
import sys

from . import errors
from .settings import options

# A function imports what only some invocations need, so that --help starts quickly.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

_NOT_OK = "Error communicating with the server while receiving the list of people:\n{error}."
_ADVICE = "Check the URL, and the log of the site."

#: The configuration file, below the folder of an instance.
CONFIG = "etc/gsconfig.ini"


def command(config: str = CONFIG) -> int:
    """Run the command line of this process, and return the exit code."""
    return main(sys.argv[1:], os.environ, config)


def main(argv: Sequence[str], environment: Mapping[str, str], config: str) -> int:
    """Run the command line *argv*, and return the exit code.

    *config* is the default configuration file, relative to ``$INSTANCE_HOME`` if that is set.
    """
    for stream in filter(None, (sys.stdout, sys.stderr)):
        # A character that the encoding of the terminal does not have must not end a run.
        stream.reconfigure(errors="backslashreplace")
    try:
        return _run(argv, environment, config)
    except errors.SendProfileError as error:
        return _report_error(error)
    except KeyboardInterrupt:
        return 128 + 2  # as a shell does for SIGINT
    except Exception:  # noqa: BLE001 - the one place where a bug becomes an exit code
        return _report_bug()


def default_config(environment: Mapping[str, str], config: str) -> str:
    """Return the configuration file to read if the command line has no ``--config``."""
    return os.path.join(environment.get("INSTANCE_HOME", ""), config)  # noqa: PTH118 - it needs no import


def _run(argv: Sequence[str], environment: Mapping[str, str], config: str) -> int:
    columns = _columns(environment, sys.stdout)
    namespace = options.parse(argv, default_config(environment, config), columns)
    from datetime import datetime

    from gs.profile.status.send.report.output import Output
    from gs.profile.status.send.settings.settings import Settings
    from gs.profile.status.send.tasks.task import Task

    # The previous month in the zone of this machine, which cron uses too.
    settings = Settings.of(namespace, environment, datetime.now().astimezone())
    task = Task(settings, environment, Output(sys.stdout), Output(sys.stderr))
    if namespace.status:
        from gs.profile.status.send.tasks.status import show_status as do
    elif namespace.dry_run:
        from gs.profile.status.send.tasks.dryrun import dry_run as do
    else:
        from gs.profile.status.send.tasks.send import send as do
    return do(task)


def _columns(environment: Mapping[str, str], stream: TextIO | None) -> int:
    # As shutil.get_terminal_size, but shutil takes longer to import than all modules of --help.
    try:
        columns = int(environment.get("COLUMNS", ""))
        if columns > 0:
            return columns
    except ValueError:
        pass
    try:
        return (stream and os.get_terminal_size(stream.fileno()).columns) or options.COLUMNS
    except (OSError, ValueError):
        return options.COLUMNS


def _report_error(error: errors.SendProfileError) -> int:
    from .errorvals import code_of_error

    if isinstance(error, errors.BusyError):
        _write(sys.stderr, _busy_text(error))
    elif isinstance(error, errors.NotOk):
        _write(sys.stderr, f"{_NOT_OK.format(error=error)} {_ADVICE}")
    else:
        _write(sys.stderr, str(error))
    return code_of_error(error)


def _busy_text(error: errors.BusyError) -> str:
    from datetime import datetime

    from gs.profile.status.send.report.summary import retry_after_line

    text = _NOT_OK.format(error=error)
    if not error.retry_after:
        return f"{text} Nothing was sent. Run the command later."
    return f"{text}\n{retry_after_line(error.retry_after, datetime.now().astimezone())}"


def _write(stream: TextIO | None, text: str) -> None:
    from gs.profile.status.send.report.output import Output

    Output(stream).line(text)


def _report_bug() -> int:
    import traceback

    _write(sys.stderr, traceback.format_exc())
    _write(sys.stderr, "This is a bug in sendprofile. Please report it with the lines above.")
    return os.EX_SOFTWARE

# SPDX-License-Identifier: MIT
"""The command: from the command line to the exit code."""

from __future__ import annotations

import os
import sys

from . import errors, options
from .errorvals import EX_SOFTWARE, code_of_error

# What only a run needs is imported when there is one: --help is to cost nothing.
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
    except errors.BusyError as error:
        _say(sys.stderr, _busy(error))
        return code_of_error(error)
    except errors.NotOk as error:
        _say(sys.stderr, f"{_NOT_OK.format(error=error)} {_ADVICE}")
        return code_of_error(error)
    except errors.SendProfileError as error:
        _say(sys.stderr, str(error))
        return code_of_error(error)
    except KeyboardInterrupt:
        return 130
    except Exception:  # noqa: BLE001 - the one place where a bug is turned into an exit code
        _confess()
        return EX_SOFTWARE


def default_config(environment: Mapping[str, str], config: str) -> str:
    """Return where the configuration file is that a call without ``--config`` reads."""
    return os.path.join(environment.get("INSTANCE_HOME", ""), config)  # noqa: PTH118 - costs no import


def _program(argv: Sequence[str], environment: Mapping[str, str], config: str) -> int:
    chosen = options.parse(argv, default_config(environment, config))
    from datetime import datetime

    from .report.output import Output
    from .settings import Settings
    from .tasks import Task

    # The month before today where this machine is, as its cron has it.
    settings = Settings.of(chosen, environment, datetime.now().astimezone().date())
    task = Task(settings, environment, Output(sys.stdout), Output(sys.stderr))
    if chosen.status:
        return task.show()
    return task.rehearse() if chosen.dry_run else task.send()


def _busy(error: errors.BusyError) -> str:
    from datetime import datetime

    from .report.summary import alone

    told = _NOT_OK.format(error=error)
    if not error.retry_after:
        return f"{told} Nobody was sent to; try again later."
    return f"{told}\n{alone(error.retry_after, datetime.now().astimezone())}"


def _say(stream: TextIO | None, text: str) -> None:
    from .report.output import Output

    Output(stream).line(text)


def _confess() -> None:
    import traceback

    _say(sys.stderr, traceback.format_exc())
    _say(sys.stderr, "This is a bug in sendprofile: please report it, with the lines above.")
